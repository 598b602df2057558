"""The folders a run is given, split and decoded: what it learns from, and what it is held to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.bundle import CorpusNote
from trainer.config import Config, TrainingConfig
from trainer.corpus.crops import CropStore, open_store
from trainer.corpus.folder import scan
from trainer.corpus.labels import Recording
from trainer.corpus.split import split


@dataclass(frozen=True)
class DatasetSplits:
    """Recordings of all folders together, each folder split on its own so that every corpus is validated."""

    train: list[Recording]
    validation: list[Recording]
    notes: tuple[CorpusNote, ...]


def find_splits(folders: Sequence[Path], config: Config, known: Sequence[CorpusNote] = ()) -> DatasetSplits:
    """Scan `folders` and split each as `config.training` says; the same seed gives the same split. Raises CorpusError.

    Where `known`, a bundle's provenance, has a corpus of a folder's name, what it held out is held out again: a model
    is never measured on what any part of it learnt from, even if the splitting rule has changed since.
    """
    train: list[Recording] = []
    validation: list[Recording] = []
    notes = []
    training = config.training
    earlier = {note.name: frozenset(note.held_out) for note in known}
    for folder in folders:
        name, found = folder.resolve().name, scan(folder)
        names = {recording.path: relative_name(folder, recording) for recording in found}
        held_out = earlier.get(name, frozenset()) & set(names.values())
        if held_out:
            kept = [recording for recording in found if names[recording.path] not in held_out]
            others = [recording for recording in found if names[recording.path] in held_out]
        else:
            seed = training.seed if training.split_seed is None else training.split_seed
            kept, others = split(found, training.split_by, training.validation_fraction, seed)
        train += kept
        validation += others
        speakers = {str(recording.labels["speaker"]) for recording in kept if "speaker" in recording.labels}
        notes.append(
            CorpusNote(
                name=name,
                recordings=len(kept),
                minutes=round(sum(recording.duration for recording in kept) / 60, 1),
                speakers=len(speakers) or None,
                held_out=tuple(sorted(names[recording.path] for recording in others)),
                split_by=training.split_by,
            )
        )
    return DatasetSplits(train, validation, tuple(notes))


def relative_name(folder: Path, recording: Recording) -> str:
    """A recording's path from its corpus's folder, without the ending."""
    return Path(os.path.relpath(recording.path, folder)).with_suffix("").as_posix()


def open_stores(sides: DatasetSplits, cache: Path, config: Config, training: TrainingConfig) -> tuple[CropStore, CropStore]:
    """The decoded training recordings, played as `training` says, and validation recordings as they are, both kept
    under `cache`.
    """
    train = open_store(sides.train, cache, config.sample_rate, config.loudness_dbfs, "training", training.speeds)
    validation = open_store(sides.validation, cache, config.sample_rate, config.loudness_dbfs, "validation")
    return train, validation
