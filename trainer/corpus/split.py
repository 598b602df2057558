"""Train / validation split of one corpus by groups (speaker, word): a group is never in both parts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Literal, get_args

from trainer.corpus.recording import CorpusError, Recording

SplitBy = Literal["auto", "speaker", "word", "recording"]
Parts = tuple[list[Recording], list[Recording]]

SPLITS: dict[str, Literal["train", "validation", "test"]] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
"""Accepted names of parts in manifests and folders."""
_MIN_SPEAKERS = 4


def split(recordings: Sequence[Recording], by: SplitBy = "auto", fraction: float = 0.1, seed: int = 0) -> Parts:
    """Train and validation recordings, each in the given order and not empty.

    A label `split` takes precedence; its test recordings are in neither part. Otherwise about `fraction` of the groups
    are held out. Groups are by `speaker`, by `word` (label word, else text), or single recordings; `auto` is by speaker
    if there are at least four, else by word if any occurs twice, else by recording. The held-out groups depend only on
    their names and `seed`, not on the order. To combine corpora, split each of them first.

    Raises CorpusError if there are fewer than two groups.
    """
    if by not in get_args(SplitBy):
        raise CorpusError(f"by: {by!r} is not one of {', '.join(get_args(SplitBy))}.")
    if not 0 < fraction < 1:
        raise CorpusError(f"fraction: {fraction:g} is not between 0 and 1; 0.1 holds out 10 %.")
    parts = [_explicit(recording) for recording in recordings]
    train = [r for r, part in zip(recordings, parts, strict=True) if part == "train"]
    if "validation" in parts:
        if not train:
            raise CorpusError("The label 'split' marks no recording as train; mark some as train.")
        return train, [r for r, part in zip(recordings, parts, strict=True) if part == "validation"]
    return _hold_out(train, _auto_grouping(train) if by == "auto" else by, fraction, seed)


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


def _auto_grouping(recordings: Sequence[Recording]) -> SplitBy:
    if len({_speaker(r) for r in recordings} - {None}) >= _MIN_SPEAKERS:
        return "speaker"
    words = [word for word in map(_word, recordings) if word is not None]
    return "word" if len(set(words)) < len(words) else "recording"


def _key(recording: Recording, by: SplitBy, root: str) -> str:
    """Name of the recording's group, independent of the corpus's location. Without the label it is its own group."""
    label = {"speaker": _speaker, "word": _word}.get(by, lambda _: None)(recording)
    if label is None:
        return f"recording {recording.path.relative_to(root).as_posix()}"
    return f"{by} {label}"


def _hold_out(recordings: Sequence[Recording], by: SplitBy, fraction: float, seed: int) -> Parts:
    root = os.path.commonpath([recording.path.parent for recording in recordings]) if recordings else ""
    keys = [_key(recording, by, root) for recording in recordings]
    groups = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed} {key}".encode()).digest())
    if len(groups) < 2:
        remedy = "add recordings" if by == "recording" else f"add a second {by}, or split by recording"
        raise CorpusError(f"Holding out needs two groups, and by {by} there is {len(groups)}; {remedy}.")
    held = set(groups[: min(max(1, round(fraction * len(groups))), len(groups) - 1)])
    return (
        [r for r, key in zip(recordings, keys, strict=True) if key not in held],
        [r for r, key in zip(recordings, keys, strict=True) if key in held],
    )
