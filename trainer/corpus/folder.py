"""A folder of recordings, in the layouts people have, as a list of `Recording`s. Headers are read, sound is not.

- a manifest (see manifest.py), in the folder or given itself;
- LibriSpeech: SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac with .trans.txt -> labels speaker, chapter, text;
- a festvox voice: wav/ with lab/ and etc/txt.done.data -> segments and label text;
- folders per class, as in Speech Commands -> label class (and speaker, from `HASH_nohash_N.wav`);
  folders named train, validation and test -> label split;
- a flat folder; where every name is `WORD_TAKE` or `WORD_TAKE_NUMBER_SYLLABLE` -> labels word, take, syllable, and of
  a syllable of two letters (di) consonant and vowel.

Praat TextGrids and festival `.lab` files are found beside the audio, or in a folder lab, labels or textgrid in the
audio's folder or next to it.
Folders whose name begins with `_` or `.` are passed over (Speech Commands keeps its background noise in one).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from trainer.corpus import files, manifest
from trainer.corpus.labels import READERS, CorpusError, Recording, Segment, fit_to
from trainer.corpus.layouts import Labels, layout_labels

_LABEL_FOLDERS = ("lab", "labels", "textgrid", "textgrids")
_NAMED_IN_WARNING = 5


def scan(folder: Path) -> list[Recording]:
    """Every usable recording of `folder` (or of a manifest file), always in the same order.

    Files that cannot be read are left out with one warning. Raises CorpusError if no recording is left, or a label
    file is at fault.
    """
    folder = Path(folder)
    table = folder if folder.is_file() else None
    if table is None:
        if not folder.is_dir():
            raise CorpusError(f"There is no folder {folder.name!r}; give a folder of recordings, or a manifest.")
        table = manifest.find(folder)
    elif table.suffix.lower() not in manifest.ENDINGS:
        raise CorpusError(
            f"{table.name} is not a manifest; give a folder, or a .csv or .jsonl file with a column 'path'."
        )
    if table is not None:
        found = [(row.path, row.labels, row.segments) for row in manifest.read(table)]
    else:
        audio = sorted(_audio_under(folder), key=lambda path: path.relative_to(folder).parts)
        found = [(path, labels, ()) for path, labels in zip(audio, layout_labels(folder, audio), strict=True)]
    recordings = _with_durations(found, folder.name)
    beside = _SegmentFinder()
    return [r if r.segments else replace(r, segments=beside.find(r)) for r in recordings]


def _audio_under(folder: Path) -> Iterable[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        yield from (Path(parent) / name for name in names if files.is_audio(name))


def _with_durations(found: list[tuple[Path, Labels, tuple[Segment, ...]]], source: str) -> list[Recording]:
    recordings: list[Recording] = []
    unusable: list[str] = []
    for path, labels, segments in found:
        try:
            seconds = files.duration(path)
        except CorpusError as error:
            unusable.append(f"{path.name} ({error})")
        else:
            recordings.append(Recording(path, seconds, labels, fit_to(segments, seconds)))
    named = ", ".join(unusable[:_NAMED_IN_WARNING]) + (", ..." if len(unusable) > _NAMED_IN_WARNING else "")
    if not recordings:
        reason = f"none of its {len(unusable)} recordings can be used: {named}" if unusable else "it holds no recording"
        endings = " ".join(sorted(ending[1:] for ending in files.ENDINGS))
        raise CorpusError(f"{source!r}: {reason}. Give a folder with audio ({endings}), or a manifest of it.")
    if unusable:
        message = f"{len(unusable)} of {len(found)} recordings cannot be used and are left out: {named}"
        warnings.warn(message, stacklevel=3)
    return recordings


class _SegmentFinder:
    """Timed labels by the name of the recording; each folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[tuple[str, str], Path]] = {}

    def find(self, recording: Recording) -> tuple[Segment, ...]:
        home = recording.path.parent
        folders = [home, *self._label_folders(home), *self._label_folders(home.parent)]
        for folder in folders:
            for ending, read in READERS.items():
                path = self._files(folder).get((recording.path.stem, ending))
                if path is not None:
                    return fit_to(read(path), recording.duration)
        return ()

    def _label_folders(self, folder: Path) -> list[Path]:
        names = self._files(folder)
        return [names[name, ""] for name in _LABEL_FOLDERS if (name, "") in names]

    def _files(self, folder: Path) -> dict[tuple[str, str], Path]:
        """Label files by (stem, ending), and label folders by (lower-case name, "")."""
        if folder not in self._listed:
            paths = sorted(folder.iterdir()) if os.access(folder, os.R_OK) else []
            wanted: dict[tuple[str, str], Path] = {}
            for path in paths:
                if path.suffix.lower() in READERS:
                    wanted[path.stem, path.suffix.lower()] = path
                elif path.name.lower() in _LABEL_FOLDERS and path.is_dir():
                    wanted[path.name.lower(), ""] = path
            self._listed[folder] = wanted
        return self._listed[folder]
