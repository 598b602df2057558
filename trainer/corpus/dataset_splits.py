"""Train / validation splits and decoded stores of the corpus folders of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.bundle import CorpusNote
from trainer.config import Config, TrainingConfig
from trainer.corpus.crops import CropStore, open_store
from trainer.corpus.folder import scan
from trainer.corpus.recording import Recording
from trainer.corpus.split import split


@dataclass(frozen=True)
class DatasetSplits:
    """Recordings of all folders; each folder is split separately, so that every corpus has a validation part."""

    train: list[Recording]
    validation: list[Recording]
    notes: tuple[CorpusNote, ...]


def find_splits(folders: Sequence[Path], config: Config, previous: Sequence[CorpusNote] = ()) -> DatasetSplits:
    """Scan `folders` and split each as `config.training` says. The same seed gives the same split. Raises CorpusError.

    If `previous` (a bundle's provenance) has a corpus with a folder's name, the recordings that were held out there are
    held out again, even if the splitting rule has changed: a model is never evaluated on its training data.
    """
    train: list[Recording] = []
    validation: list[Recording] = []
    notes = []
    training = config.training
    held_out_before = {note.name: frozenset(note.held_out) for note in previous}
    for folder in folders:
        name, found = folder.resolve().name, scan(folder)
        names = {recording.path: relative_name(folder, recording) for recording in found}
        held_out = held_out_before.get(name, frozenset()) & set(names.values())
        if held_out:
            for_training = [recording for recording in found if names[recording.path] not in held_out]
            for_validation = [recording for recording in found if names[recording.path] in held_out]
        else:
            seed = training.seed if training.split_seed is None else training.split_seed
            for_training, for_validation = split(found, training.split_by, training.validation_fraction, seed)
        train += for_training
        validation += for_validation
        speakers = {str(recording.labels["speaker"]) for recording in for_training if "speaker" in recording.labels}
        notes.append(
            CorpusNote(
                name=name,
                recordings=len(for_training),
                minutes=round(sum(recording.duration for recording in for_training) / 60, 1),
                speakers=len(speakers) or None,
                held_out=tuple(sorted(names[recording.path] for recording in for_validation)),
                split_by=training.split_by,
            )
        )
    return DatasetSplits(train, validation, tuple(notes))


def relative_name(folder: Path, recording: Recording) -> str:
    """Path of the recording relative to its corpus folder, without the suffix."""
    return Path(os.path.relpath(recording.path, folder)).with_suffix("").as_posix()


def open_stores(
    splits: DatasetSplits, cache: Path, config: Config, training: TrainingConfig
) -> tuple[CropStore, CropStore]:
    """Stores of the training recordings, at the speeds of `training`, and of the validation recordings, at speed 1.

    Decoded audio is cached in the folder `cache`. Raises CorpusError.
    """
    train = open_store(splits.train, cache, config.sample_rate, config.loudness_dbfs, "training", training.speeds)
    validation = open_store(splits.validation, cache, config.sample_rate, config.loudness_dbfs, "validation")
    return train, validation
