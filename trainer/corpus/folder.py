"""Scanning of a folder of recordings. Only headers are read, not the audio.

Supported layouts (see layouts/):
- a manifest (see manifest.py), in the folder or given instead of it;
- LibriSpeech: SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac with .trans.txt -> labels speaker, chapter, text;
- folders named train, validation and test -> label split;
- one folder per class, as in Speech Commands -> label class (and speaker, from `HASH_nohash_N.wav`);
- a festvox voice: wav/ with lab/ and etc/txt.done.data -> segments and label text;
- a flat folder; if all names are `WORD_TAKE` or `WORD_TAKE_NUMBER_SYLLABLE` -> labels word, take, syllable, and for
  syllables of two letters (di) consonant and vowel.

Praat TextGrids and festival .lab files are read from the audio's folder, and from folders lab, labels or textgrid in it
or next to it. Folders whose name starts with `_` or `.` are skipped (Speech Commands keeps background noise in one).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from trainer.corpus import audio_files, manifest
from trainer.corpus.label_files import READERS
from trainer.corpus.layouts import layout_labels
from trainer.corpus.layouts.labels import Labels
from trainer.corpus.recording import CorpusError, Recording, Segment, clip_segments

_LABEL_FOLDERS = ("lab", "labels", "textgrid", "textgrids")
_MAX_NAMES_IN_WARNING = 5


def scan(folder: Path) -> list[Recording]:
    """All usable recordings of `folder` (or of a manifest file), in a fixed order.

    Unreadable files are skipped with one warning. Raises CorpusError if none is left or a label file is invalid.
    """
    folder = Path(folder)
    table = folder if folder.is_file() else None
    if table is None:
        if not folder.is_dir():
            raise CorpusError(f"There is no folder {folder.name!r}; give a folder of recordings or a manifest.")
        table = manifest.find(folder)
    elif table.suffix.lower() not in manifest.SUFFIXES:
        raise CorpusError(
            f"{table.name} is not a manifest; give a folder, or a .csv or .jsonl file with a column 'path'."
        )
    if table is not None:
        found = [(row.path, row.labels, row.segments) for row in manifest.read(table)]
    else:
        audio = sorted(_audio_under(folder), key=lambda path: path.relative_to(folder).parts)
        found = [(path, labels, ()) for path, labels in zip(audio, layout_labels(folder, audio), strict=True)]
    recordings = _with_durations(found, folder.name)
    finder = _SegmentFinder()
    return [r if r.segments else replace(r, segments=finder.find(r)) for r in recordings]


def _audio_under(folder: Path) -> Iterable[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        yield from (Path(parent) / name for name in names if audio_files.is_audio(name))


def _with_durations(found: list[tuple[Path, Labels, tuple[Segment, ...]]], source: str) -> list[Recording]:
    recordings: list[Recording] = []
    unusable: list[str] = []
    for path, labels, segments in found:
        try:
            seconds = audio_files.duration(path)
        except CorpusError as error:
            unusable.append(f"{path.name} ({error})")
        else:
            recordings.append(Recording(path, seconds, labels, clip_segments(segments, seconds)))
    names = ", ".join(unusable[:_MAX_NAMES_IN_WARNING]) + (", ..." if len(unusable) > _MAX_NAMES_IN_WARNING else "")
    if not recordings:
        reason = f"none of its {len(unusable)} recordings can be used: {names}" if unusable else "it has no recordings"
        suffixes = " ".join(sorted(suffix[1:] for suffix in audio_files.SUFFIXES))
        raise CorpusError(f"{source!r}: {reason}. Give a folder with audio ({suffixes}) or a manifest.")
    if unusable:
        message = f"{len(unusable)} of {len(found)} recordings cannot be used and are skipped: {names}"
        warnings.warn(message, stacklevel=3)
    return recordings


class _SegmentFinder:
    """Finds the label file of a recording by its name. Each folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[tuple[str, str], Path]] = {}

    def find(self, recording: Recording) -> tuple[Segment, ...]:
        home = recording.path.parent
        folders = [home, *self._label_folders(home), *self._label_folders(home.parent)]
        for folder in folders:
            for suffix, read in READERS.items():
                path = self._files(folder).get((recording.path.stem, suffix))
                if path is not None:
                    return clip_segments(read(path), recording.duration)
        return ()

    def _label_folders(self, folder: Path) -> list[Path]:
        names = self._files(folder)
        return [names[name, ""] for name in _LABEL_FOLDERS if (name, "") in names]

    def _files(self, folder: Path) -> dict[tuple[str, str], Path]:
        """Label files by (stem, suffix), and label folders by (lower-case name, "")."""
        if folder not in self._listed:
            paths = sorted(folder.iterdir()) if os.access(folder, os.R_OK) else []
            found: dict[tuple[str, str], Path] = {}
            for path in paths:
                if path.suffix.lower() in READERS:
                    found[path.stem, path.suffix.lower()] = path
                elif path.name.lower() in _LABEL_FOLDERS and path.is_dir():
                    found[path.name.lower(), ""] = path
            self._listed[folder] = found
        return self._listed[folder]
