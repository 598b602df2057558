"""Training and validation parts of a corpus. What belongs together (a speaker, a word) is never torn apart."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Literal, get_args

from trainer.corpus.labels import CorpusError, Recording

By = Literal["auto", "speaker", "word", "recording"]
Halves = tuple[list[Recording], list[Recording]]

# What a manifest or a folder may call the parts
SPLITS: dict[str, Literal["train", "validation", "test"]] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_ENOUGH_SPEAKERS = 4


def split(recordings: Sequence[Recording], by: By = "auto", fraction: float = 0.1, seed: int = 0) -> Halves:
    """(train, validation), each in the order given and neither empty.

    An explicit label `split` wins; recordings it calls test are in neither part. Otherwise about `fraction` of the
    groups are held out: by `speaker`, by `word` (label word, else text), or each `recording` by itself; `auto` takes
    speakers if there are at least four, else words if any is said twice, else recordings. Which groups are held out
    depends on their names and `seed` alone, not on the order. Where corpora are joined, split each by itself first.

    Raises CorpusError when there are too few groups.
    """
    if by not in get_args(By):
        raise CorpusError(f"by: {by!r} is not one of {', '.join(get_args(By))}.")
    if not 0 < fraction < 1:
        raise CorpusError(f"fraction: {fraction:g} is not between 0 and 1; 0.1 holds out a tenth.")
    parts = [_explicit(recording) for recording in recordings]
    open_part = [r for r, part in zip(recordings, parts, strict=True) if part == "train"]
    if "validation" in parts:
        if not open_part:
            raise CorpusError("The label 'split' calls no recording train; mark some as train.")
        return open_part, [r for r, part in zip(recordings, parts, strict=True) if part == "validation"]
    return _held_out(open_part, _chosen(open_part) if by == "auto" else by, fraction, seed)


def _explicit(recording: Recording) -> str:
    value = str(recording.labels.get("split", "train"))
    if value.lower() not in SPLITS:
        raise CorpusError(f"{recording.path.name}: split {value!r} is not one of train, validation, test.")
    return SPLITS[value.lower()]


def _word(recording: Recording) -> str | None:
    value = recording.labels.get("word", recording.labels.get("text"))
    return None if value is None else str(value)


def _speaker(recording: Recording) -> str | None:
    value = recording.labels.get("speaker")
    return None if value is None else str(value)


def _chosen(recordings: Sequence[Recording]) -> By:
    if len({_speaker(r) for r in recordings} - {None}) >= _ENOUGH_SPEAKERS:
        return "speaker"
    words = [word for word in map(_word, recordings) if word is not None]
    return "word" if len(set(words)) < len(words) else "recording"


def _key(recording: Recording, by: By, home: str) -> str:
    """The group; a recording that lacks the label is a group by itself, wherever its corpus lies."""
    label = {"speaker": _speaker, "word": _word}.get(by, lambda _: None)(recording)
    if label is None:
        return f"recording {recording.path.relative_to(home).as_posix()}"
    return f"{by} {label}"


def _held_out(recordings: Sequence[Recording], by: By, fraction: float, seed: int) -> Halves:
    home = os.path.commonpath([recording.path.parent for recording in recordings]) if recordings else ""
    keys = [_key(recording, by, home) for recording in recordings]
    groups = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed} {key}".encode()).digest())
    if len(groups) < 2:
        remedy = "add recordings" if by == "recording" else f"add a second {by}, or split by recording"
        raise CorpusError(f"Holding out a part needs two groups, and by {by} there is {len(groups)}; {remedy}.")
    held = set(groups[: min(max(1, round(fraction * len(groups))), len(groups) - 1)])
    return (
        [r for r, key in zip(recordings, keys, strict=True) if key not in held],
        [r for r, key in zip(recordings, keys, strict=True) if key in held],
    )
