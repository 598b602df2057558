"""Readers of timed labels (Praat TextGrid, festival .lab) and of small text files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from trainer.corpus.recording import SILENCE, CorpusError, Segment

_SILENCE_MARKS = {"", "_", "#", "h#", "pau", "sil", "sp", "ssil", "<sil>", "<p:>", "silence"}
_PHONE_TIERS = ("phones", "phonemes")


def clean_label(text: str) -> str:
    """The label without surrounding blanks; SILENCE for all marks of silence."""
    text = text.strip()
    return SILENCE if text.lower() in _SILENCE_MARKS else text


def read_text(path: Path) -> str:
    """Content of a text file in UTF-8 or, with a byte order mark, UTF-16 (as Praat writes it). Raises CorpusError."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name} is not UTF-8 text; save it again as UTF-8.") from error


def read_lines(path: Path) -> list[str]:
    """Lines of a text file; none if the file is missing. Raises CorpusError."""
    return read_text(path).splitlines() if path.is_file() else []


def read_lab(path: Path) -> tuple[Segment, ...]:
    """Segments of a festival label file: a header up to a line `#`, then lines `END NUMBER PHONE` without gaps.

    Aligners use the same suffix for plain transcripts: a file without `#` that starts with a word has no segments.
    Raises CorpusError.
    """
    lines = read_text(path).splitlines()
    header = next((n for n, line in enumerate(lines) if line.strip() == "#"), None)
    if header is None:
        if not lines or not lines[0].strip()[:1].isdigit():
            return ()
        raise CorpusError(f"{path.name} has no line '#' before its labels; a festival label file needs one.")
    segments: list[Segment] = []
    start = 0.0
    for number, line in enumerate(lines[header + 1 :], header + 2):
        if not line.strip():
            continue
        columns = line.split(maxsplit=2)
        try:
            end = float(columns[0])
        except ValueError:
            end = float("nan")
        if len(columns) < 2 or not start <= end < float("inf"):
            raise CorpusError(
                f"{path.name}, line {number}: expected 'END NUMBER PHONE' with END at or after {start:g} s, "
                f"found {line.strip()!r}; correct the line or remove the file."
            )
        if end > start:
            segments.append(Segment(start, end, clean_label(columns[2] if len(columns) == 3 else "")))
        start = end
    return tuple(segments)


class _Token(NamedTuple):
    line: int
    text: str
    quoted: bool


# As in Praat, only free-standing numbers and strings count, so that long and short format parse alike.
_TOKEN = re.compile(
    r"""  "(?P<string>(?:[^"]|"")*)"
        | !.*  # a comment
        | (?<!\S)(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?!\S)  """,
    re.VERBOSE,
)


class _Tokens:
    """Strings and numbers of a Praat text file, read one by one with a check of the type."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._tokens = self._split(read_text(path))
        self._line = 1

    @staticmethod
    def _split(text: str) -> Iterator[_Token]:
        line, position = 1, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", position, match.start())
            position = match.start()
            if match["string"] is not None:
                yield _Token(line, match["string"].replace('""', '"'), True)
            elif match["number"] is not None:
                yield _Token(line, match["number"], False)

    def _next(self, quoted: bool) -> str:
        token = next(self._tokens, None)
        if token is None:
            raise CorpusError(f"{self._name} is truncated after line {self._line}; save it again from Praat.")
        self._line = token.line
        if token.quoted != quoted:
            expected = "a quoted string" if quoted else "a number"
            raise self.error(f"expected {expected}, found {token.text!r}")
        return token.text

    def string(self) -> str:
        return self._next(True)

    def number(self) -> float:
        return float(self._next(False))

    def error(self, message: str) -> CorpusError:
        return CorpusError(f"{self._name}, line {self._line}: {message}; save it again from Praat as a text file.")


def read_textgrid(path: Path) -> tuple[Segment, ...]:
    """Segments of a Praat TextGrid in long or short text format: interval tier `phones` or `phonemes`, else the first.

    Raises CorpusError.
    """
    tokens = _Tokens(path)
    if (tokens.string(), tokens.string()) != ("ooTextFile", "TextGrid"):
        raise tokens.error("this is not a TextGrid in text format")
    tokens.number(), tokens.number()
    tiers: dict[str, tuple[Segment, ...]] = {}
    for _ in range(int(tokens.number())):
        kind, name = tokens.string(), tokens.string().strip().lower()
        tokens.number(), tokens.number()
        size = int(tokens.number())
        if kind == "IntervalTier":
            tiers.setdefault(name, _intervals(tokens, size))
        else:  # a point tier: pairs of time and mark
            for _ in range(size):
                tokens.number(), tokens.string()
    if not tiers:
        raise CorpusError(f"{path.name} has no interval tier; add one named 'phones', or remove the file.")
    return next((tiers[name] for name in _PHONE_TIERS if name in tiers), next(iter(tiers.values())))


def _intervals(tokens: _Tokens, size: int) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    for _ in range(size):
        start, end = tokens.number(), tokens.number()
        if end < start or (segments and start < segments[-1].end - 1e-6):
            raise tokens.error(f"the interval from {start:g} to {end:g} s runs backwards or overlaps the previous one")
        label = clean_label(tokens.string())
        if end > start:
            segments.append(Segment(start, end, label))
    return tuple(segments)


READERS: dict[str, Callable[[Path], tuple[Segment, ...]]] = {".textgrid": read_textgrid, ".lab": read_lab}
"""Readers by lower-case suffix. If a recording has several label files, the first reader counts."""
