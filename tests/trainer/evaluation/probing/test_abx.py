"""`analyse abx` and `analyse bounds` on synthetic vowels."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer import bundle
from trainer.cli.main import main
from trainer.evaluation.probing.abx import ABX_KEY, AbxOptions, measure_abx

REPRESENTATIONS = ["log-mel", *(f"{kind}module {n}" for kind in ("", "untrained ") for n in (1, 2, 3))]


@pytest.fixture
def model(tiny_bundle: Callable[..., Path]) -> Path:
    return tiny_bundle()


def test_rows_of_every_layer_and_baseline(vowels: Path, model: Path, tmp_path: Path, capsys) -> None:
    file = tmp_path / "rows.json"
    command = ["analyse", "abx", "--bundle", str(model), "--data", str(vowels), "--split", "all", "--json", str(file)]
    assert main(command) == 0
    output = capsys.readouterr().out
    assert "160 timed phones of 3 kinds, 10 speakers; 20 triples for each ordered pair of phones" in output
    assert "ABX error across speakers, frames (DTW)" in output
    rows = json.loads(file.read_text())
    found = {(row["speakers"], row["distance"], row["representation"]): row for row in rows}
    assert list(dict.fromkeys(row["representation"] for row in rows)) == REPRESENTATIONS
    assert len(rows) == len(found) == 2 * 2 * len(REPRESENTATIONS)
    for row in rows:
        assert row["n"] == 6 * 20
        assert row["low"] <= row["error"] <= row["high"]
        assert (row["minus_log_mel"] is None) == (row["representation"] == "log-mel")
        assert (row["minus_untrained"] is not None) == row["representation"].startswith("module")
    # The vowels differ by 0.7 octaves and more in a formant: a spectrogram separates them across voices
    assert found["across speakers", "means", "log-mel"]["error"] < 0.05
    assert bundle.read_report(model).model_extra[ABX_KEY] == rows


def test_one_speaker_is_measured_within(vowels: Path, model: Path) -> None:
    only = [line for line in (vowels / "manifest.jsonl").read_text().splitlines() if '"s0"' in line or '"s1"' in line]
    for line in only:
        name = json.loads(line)["path"]
        (model.parent / "one" / name).parent.mkdir(exist_ok=True)
        (model.parent / "one" / name).write_bytes((vowels / name).read_bytes())
    same_voice = [json.dumps({**json.loads(line), "speaker": "s"}) for line in only]
    (model.parent / "one" / "manifest.jsonl").write_text("\n".join(same_voice))
    rows, notes = measure_abx(model, [model.parent / "one"], AbxOptions())
    assert {row.speakers for row in rows} == {"within speakers"}
    assert "Not measured across speakers" in notes[1]


def test_recordings_without_phones_are_refused(vowels: Path, model: Path, tmp_path: Path, capsys) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "0.wav").write_bytes((vowels / "0.wav").read_bytes())
    assert main(["analyse", "abx", "--bundle", str(model), "--data", str(bare), "--split", "all"]) == 1
    assert "ABX needs timed phones" in capsys.readouterr().err


def test_bounds_command_stores_rows(vowels: Path, model: Path, capsys) -> None:
    command = ["analyse", "bounds", "--bundle", str(model), "--data", str(vowels), "--split", "all"]
    assert main([*command, "--labels", "phone", "--group", "speaker", "--folds", "3", "--test-folds", "0,1,2"]) == 0
    assert "phone: H = " in capsys.readouterr().out
    rows = bundle.read_report(model).model_extra["bounds"]
    assert {row["groups"] for row in rows} == {10}
    assert {"log-mel", "module 1", "untrained module 3"} <= {row["representation"] for row in rows}
