"""CSV and JSONL manifests."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from trainer.corpus import CorpusError, Segment, scan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "sub/b.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(4_000), 8_000)
    return tmp_path


def test_csv_columns_become_labels_and_numbers_floats(folder: Path) -> None:
    (folder / "manifest.csv").write_text(
        'path,split,speaker,age,code,comment\na.wav,train,001,31,007,"quiet, close"\nsub/b.wav,validation,002,,008,\n',
        encoding="utf-8-sig",
    )
    first, second = scan(folder)
    assert first.labels == {"split": "train", "speaker": "001", "age": 31.0, "code": "007", "comment": "quiet, close"}
    assert second.labels == {"split": "validation", "speaker": "002", "code": "008"}


def test_jsonl_with_timed_phones(folder: Path) -> None:
    phones = [{"phone": "sil", "start": 0, "end": 0.1}, {"phone": "a", "start": 0.1, "end": 0.7}]
    rows = [{"path": "sub/b.wav", "speaker": 7, "f0": 120, "phones": phones}, {"path": str(folder / "a.wav")}]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = scan(folder)
    assert first.labels == {"speaker": "7", "f0": 120.0}
    assert first.segments == (Segment(0, 0.1, ""), Segment(0.1, 0.5, "a"))
    assert (second.labels, second.segments) == ({}, ())


def test_only_table_with_path_column_is_manifest(folder: Path) -> None:
    table = folder / "metadata.csv"
    table.write_text("id,path\n1,sub/b.wav\n")
    assert [r.labels for r in scan(folder)] == [{"id": 1.0}]
    table.write_text("file,words\nx,y\n")
    assert len(scan(folder)) == 2  # another table: the folder is scanned


def test_scan_of_manifest_file(folder: Path) -> None:
    (folder / "some.csv").write_text("path\na.wav\n")
    (folder / "other.csv").write_text("path\nsub/b.wav\n")
    assert [r.path.name for r in scan(folder / "other.csv")] == ["b.wav"]


def test_missing_files_are_skipped_with_warning(folder: Path) -> None:
    (folder / "manifest.csv").write_text("path\na.wav\ngone.wav\n")
    with pytest.warns(UserWarning, match=r"1 of 2 .*gone\.wav \(file is missing\)"):
        assert len(scan(folder)) == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("manifest.csv", "file,word\na.wav,x\n", r"no column 'path' \(it has: file, word\)"),
        ("manifest.csv", "", r"no column 'path' \(it has: none\)"),
        ("manifest.csv", "path,word\n,x\n", "line 2: no 'path'"),
        ("manifest.csv", "path,word\na.wav,x,y\n", "line 2: more values than columns"),
        ("manifest.jsonl", '{"path": "a.wav"}\n{"path"\n', "line 2: not JSON"),
        ("manifest.jsonl", '["a.wav"]\n', "line 1: not an object"),
        ("manifest.jsonl", '{"path": "a.wav", "f0": [1]}\n', "line 1: 'f0' is neither"),
        ("manifest.jsonl", '{"path": "a.wav", "f0": NaN}\n', "line 1: 'f0' is neither"),
        ("manifest.jsonl", '{"path": "a.wav", "phones": [{"phone": "a"}]}\n', "line 1: 'phones' must be a list"),
        (
            "manifest.jsonl",
            '{"path": "a.wav", "phones": [{"phone": "a", "start": 0.2, "end": 0.1}]}\n',
            "line 1: 'phones' run backwards",
        ),
    ],
)
def test_errors_name_file_line_and_remedy(folder: Path, name: str, text: str, message: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(CorpusError, match=f"{name}.*{message}") as caught:
        scan(folder)
    assert str(folder) not in str(caught.value)


def test_two_manifests_raise(folder: Path) -> None:
    for name in ("manifest.csv", "manifest.jsonl"):
        (folder / name).write_text("path\n")
    with pytest.raises(CorpusError, match="keep one"):
        scan(folder)
