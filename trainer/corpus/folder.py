"""A folder of recordings, in the layouts people have, as a list of `Recording`s. Headers are read, sound is not.

- a manifest (see manifest.py), in the folder or given itself;
- LibriSpeech: SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac with .trans.txt -> labels speaker, chapter, text;
- a festvox voice: wav/ with lab/ and etc/txt.done.data -> segments and label text;
- folders per class, as in Speech Commands -> label class (and speaker, from `HASH_nohash_N.wav`);
  folders named train, validation and test -> label split;
- a flat folder; where every name is `WORD_TAKE` or `WORD_TAKE_NUMBER_SYLLABLE` -> labels word, take, syllable.

Praat TextGrids and festival `.lab` files are found beside the audio, or in a folder lab, labels or textgrid in the
audio's folder or next to it.
Folders whose name begins with `_` or `.` are passed over (Speech Commands keeps its background noise in one).
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from trainer.corpus import files, manifest
from trainer.corpus.labels import READERS, CorpusError, Recording, Segment, fit_to, read_text
from trainer.corpus.split import SPLITS

Labels = dict[str, str | float]

_LABEL_FOLDERS = ("lab", "labels", "textgrid", "textgrids")
_LIBRISPEECH = re.compile(r"(?P<speaker>\d+)-(?P<chapter>\d+)-\d+")
_SPEECH_COMMANDS = re.compile(r"(?P<speaker>[0-9a-f]+)_nohash_\d+")
_WORD_TAKE = re.compile(r"(?P<word>[^\W\d_]+)_(?P<take>\d+)(?:_\d+_(?P<syllable>[^\W\d_]+))?")
_FESTVOX_LINE = re.compile(r'\(\s*(?P<name>\S+)\s+"(?P<text>.*)"\s*\)')
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
        found = [(path, labels, ()) for path, labels in zip(audio, _layout_labels(folder, audio), strict=True)]
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
        except OSError:
            unusable.append(f"{path.name} (not there, or not allowed to be read)")
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


# What the layout says of each recording


def _layout_labels(folder: Path, audio: list[Path]) -> list[Labels]:
    if any(_is_librispeech(path) for path in audio):
        return [_librispeech(path) for path in audio]
    tops = {path.relative_to(folder).parts[0] for path in audio if path.parent != folder}
    tops |= {""} if any(path.parent == folder for path in audio) else set()
    if tops and all(top.lower() in SPLITS for top in tops):
        labels: list[Labels] = [{"split": path.relative_to(folder).parts[0].lower()} for path in audio]
    elif len(tops) > 1 and "" not in tops:
        return [_class_labels(path, path.relative_to(folder).parts[0]) for path in audio]
    else:
        labels = [{} for _ in audio]
    names = _word_takes(audio)
    return [own | name | _festvox_text(path) for path, own, name in zip(audio, labels, names, strict=True)]


def _is_librispeech(path: Path) -> bool:
    match = _LIBRISPEECH.fullmatch(path.stem)
    return match is not None and path.parts[-3:-1] == (match["speaker"], match["chapter"])


def _librispeech(path: Path) -> Labels:
    if not _is_librispeech(path):
        return {}
    speaker, chapter = path.parts[-3:-1]
    text = _librispeech_texts(path.parent / f"{speaker}-{chapter}.trans.txt").get(path.stem)
    labels: Labels = {"speaker": speaker, "chapter": chapter}
    return labels | {"text": text} if text else labels


@lru_cache(maxsize=4)  # recordings come folder by folder
def _librispeech_texts(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.strip().partition(" ") for line in read_text(path).splitlines())
    return {name: text for name, _, text in pairs}


def _class_labels(path: Path, name: str) -> Labels:
    match = _SPEECH_COMMANDS.fullmatch(path.stem)
    labels: Labels = {"class": name}
    return labels | {"speaker": match["speaker"]} if match else labels


def _word_takes(audio: list[Path]) -> list[Labels]:
    """Labels from the names, if all tell a word and a take and the words differ (ru_0001, ru_0002 are numbers)."""
    matches = [_WORD_TAKE.fullmatch(path.stem) for path in audio]
    if not all(matches) or len({match["word"] for match in matches if match}) < 2:
        return [{} for _ in audio]
    return [_word_take(match) for match in matches if match]


def _word_take(match: re.Match[str]) -> Labels:
    labels: Labels = {"word": match["word"], "take": float(match["take"])}
    return labels | {"syllable": match["syllable"]} if match["syllable"] else labels


def _festvox_text(path: Path) -> Labels:
    text = _festvox_texts(path.parent.parent / "etc" / "txt.done.data").get(path.stem)
    return {"text": text} if text else {}


@lru_cache(maxsize=4)
def _festvox_texts(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    matches = (_FESTVOX_LINE.match(line.strip()) for line in read_text(path).splitlines())
    return {match["name"]: match["text"].replace('\\"', '"') for match in matches if match}


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
