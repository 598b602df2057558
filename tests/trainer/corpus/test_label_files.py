"""Readers of Praat TextGrids and festival label files."""

from pathlib import Path

import pytest

from trainer.corpus.label_files import read_lab, read_textgrid
from trainer.corpus.recording import SILENCE, CorpusError, Segment, clip_segments

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 0.9
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 0.9
        points: size = 1
        points [1]:
            number = 0.25
            mark = "12"
    item [2]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 0.9
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 0.9
            text = "say ""da"""
    item [3]:
        class = "IntervalTier"
        name = "Phones"
        xmin = 0
        xmax = 0.9
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.1
            text = "sil"
        intervals [2]:
            xmin = 0.1
            xmax = 0.35
            text = "d"
        intervals [3]:
            xmin = 0.35
            xmax = 0.9
            text = " a "
'''

SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
0.9
<exists>
1
"IntervalTier"
"sounds"
0
0.9
2
0
0.35 ! a comment with 7 and "quotes"
"d"
0.35
0.9
""
"""

D_A = (Segment(0, 0.1, SILENCE), Segment(0.1, 0.35, "d"), Segment(0.35, 0.9, "a"))


def write(folder: Path, text: str, name: str = "clip.TextGrid", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def test_long_textgrid_uses_phone_tier_and_normalises_silence(tmp_path: Path) -> None:
    assert read_textgrid(write(tmp_path, LONG)) == D_A


def test_utf16_textgrid(tmp_path: Path) -> None:
    assert read_textgrid(write(tmp_path, LONG.replace('"d"', '"ʃ"'), encoding="utf-16"))[1].label == "ʃ"


def test_first_interval_tier_without_phone_tier(tmp_path: Path) -> None:
    path = write(tmp_path, LONG.replace("Phones", "segments"))
    assert read_textgrid(path) == (Segment(0, 0.9, 'say "da"'),)


def test_short_textgrid_with_comment(tmp_path: Path) -> None:
    assert read_textgrid(write(tmp_path, SHORT)) == (Segment(0, 0.35, "d"), Segment(0.35, 0.9, SILENCE))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("xmax = 0.35", 'xmax = "later"'), "line 40: expected a number"),
        (("xmax = 0.35", "xmax = 0.05"), "runs backwards"),
        (('"ooTextFile"', '"oldTextFile"'), "not a TextGrid"),
        (('text = " a "', ""), "is truncated"),
    ],
)
def test_invalid_textgrid_names_file_line_and_remedy(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(CorpusError, match="save it again") as caught:
        read_textgrid(write(tmp_path, LONG.replace(*change)))
    assert message in str(caught.value)
    assert "clip.TextGrid" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_textgrid_without_interval_tier_raises(tmp_path: Path) -> None:
    text = SHORT.split('"IntervalTier"')[0] + '"TextTier"\n"clicks"\n0\n0.9\n1\n0.5\n"x"\n'
    with pytest.raises(CorpusError, match="no interval tier"):
        read_textgrid(write(tmp_path, text))


def test_lab_phones_are_consecutive(tmp_path: Path) -> None:
    path = write(tmp_path, "separator ;\n#\n0.1 125 pau\n0.35000 125 d\n0.9 125 a\n\n", "clip.lab")
    assert read_lab(path) == D_A


@pytest.mark.parametrize("line", ["0.05 125 a", "soon 125 a", "0.5", "nan 125 a", "inf 125 a"])
def test_invalid_lab_names_file_line_and_remedy(tmp_path: Path, line: str) -> None:
    with pytest.raises(CorpusError, match=r"clip\.lab, line 3: .*correct the line"):
        read_lab(write(tmp_path, f"#\n0.1 125 d\n{line}\n", "clip.lab"))


def test_lab_without_header_raises(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no line '#'"):
        read_lab(write(tmp_path, "0.1 125 d\n0.2 125 a\n", "clip.lab"))


def test_lab_with_transcript_has_no_segments(tmp_path: Path) -> None:
    assert read_lab(write(tmp_path, "good morning\n", "clip.lab")) == ()


def test_label_file_not_in_utf8_raises(tmp_path: Path) -> None:
    path = tmp_path / "clip.lab"
    path.write_bytes(b"#\n0.1 125 \xe9\n")
    with pytest.raises(CorpusError, match=r"clip\.lab is not UTF-8"):
        read_lab(path)


def test_segments_are_clipped_to_duration() -> None:
    assert clip_segments(D_A, 0.5) == (*D_A[:2], Segment(0.35, 0.5, "a"))
    assert clip_segments(D_A, 0.3) == (D_A[0], Segment(0.1, 0.3, "d"))
