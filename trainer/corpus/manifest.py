"""Manifests: CSV or JSONL tables with a column `path`; all other columns are labels.

A column `split` (train, validation, test) is optional. Numeric columns become floats, except columns of names (speaker,
word, ...). In JSONL a column `phones` may have timed labels: [{"phone": "a", "start": 0.1, "end": 0.2}, ...].
"""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.corpus.label_files import clean_label, read_text
from trainer.corpus.recording import CorpusError, Segment

NAMES = ("manifest.csv", "manifest.jsonl")
SUFFIXES = (".csv", ".jsonl")
_PATH, _PHONES, _IGNORED = "path", "phones", ("duration",)
_ALWAYS_TEXT = frozenset(("speaker", "word", "text", "class", "syllable", "chapter", "session", "split", "label"))


@dataclass(frozen=True)
class Row:
    """A row: the recording's path (relative paths start at the manifest's folder), labels, and timed labels."""

    path: Path
    labels: dict[str, str | float]
    segments: tuple[Segment, ...]


def find(folder: Path) -> Path | None:
    """The folder's manifest.csv or manifest.jsonl, else its only CSV or JSONL file if that has a column `path`.

    None if there is none. Raises CorpusError if there are both.
    """
    named = [folder / name for name in NAMES if (folder / name).is_file()]
    if len(named) > 1:
        raise CorpusError(f"The folder has both {NAMES[0]} and {NAMES[1]}; keep one.")
    if named:
        return named[0]
    tables = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return tables[0] if len(tables) == 1 and _has_path(tables[0]) else None


def _has_path(table: Path) -> bool:
    with table.open(encoding="utf-8-sig", errors="replace") as lines:
        head = lines.readline()
    if table.suffix.lower() == ".csv":
        return _PATH in next(csv.reader([head]), [])
    return f'"{_PATH}"' in head


def read(manifest: Path) -> list[Row]:
    """All rows in file order. Raises CorpusError naming the file, the line and the remedy."""
    numbered = _csv_rows(manifest) if manifest.suffix.lower() == ".csv" else _jsonl_rows(manifest)
    rows = []
    for line, values in numbered:
        where = f"{manifest.name}, line {line}"
        path = values.pop(_PATH, None)
        if not isinstance(path, str) or not path:
            raise CorpusError(f"{where}: no '{_PATH}'; each line needs the path of its recording.")
        segments = _segments(values.pop(_PHONES, None), where)
        present = {name: value for name, value in values.items() if name not in _IGNORED and value not in (None, "")}
        labels = {name: _label(name, value, where) for name, value in present.items()}
        rows.append(Row(manifest.parent / path, labels, segments))
    return rows


def _csv_rows(manifest: Path) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(read_text(manifest)), restkey="")
    columns = reader.fieldnames or []
    if _PATH not in columns:
        names = ", ".join(columns) or "none"
        raise CorpusError(f"{manifest.name} has no column '{_PATH}' (it has: {names}); name it in the first line.")
    rows: list[tuple[int, dict[str, Any]]] = []
    for row in reader:
        if row.get(""):
            where = f"{manifest.name}, line {reader.line_num}"
            raise CorpusError(f"{where}: more values than columns; quote values with commas.")
        rows.append((reader.line_num, {name: (value or "").strip() for name, value in row.items() if name}))
    for name in columns:
        if name not in _ALWAYS_TEXT | {_PATH, _PHONES} and all(_is_number(row[name]) for _, row in rows if row[name]):
            for _, row in rows:
                row[name] = float(row[name]) if row[name] else None
    return rows


def _is_number(text: str) -> bool:
    """Whether `text` is a finite number. Leading zeros mark names, such as 007."""
    try:
        value = float(text)
    except ValueError:
        return False
    digits = text.lstrip("+-")
    return math.isfinite(value) and not (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit())


def _jsonl_rows(manifest: Path) -> list[tuple[int, dict[str, Any]]]:
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(read_text(manifest).split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise CorpusError(
                f"{manifest.name}, line {number}: not JSON ({error.msg}); write one object per line."
            ) from error
        if not isinstance(values, dict):
            raise CorpusError(f"{manifest.name}, line {number}: not an object; write one object per line.")
        rows.append((number, values))
    return rows


def _label(name: str, value: object, where: str) -> str | float:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and math.isfinite(value):
        return str(value) if name in _ALWAYS_TEXT else float(value)
    if isinstance(value, str):
        return value
    raise CorpusError(f"{where}: '{name}' is neither a string nor a finite number; change or remove it.")


def _segments(phones: object, where: str) -> tuple[Segment, ...]:
    if phones in (None, ""):
        return ()
    try:
        if not isinstance(phones, list):
            raise TypeError
        segments = tuple(Segment(float(p["start"]), float(p["end"]), clean_label(str(p["phone"]))) for p in phones)
    except (TypeError, KeyError, ValueError) as error:
        raise CorpusError(
            f"{where}: '{_PHONES}' must be a list of objects with phone, start and end (seconds)."
        ) from error
    times = [time for segment in segments for time in (segment.start, segment.end)]
    if not all(map(math.isfinite, times)) or times != sorted(times):
        raise CorpusError(f"{where}: '{_PHONES}' run backwards or overlap; order them by time.")
    return segments
