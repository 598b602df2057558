"""The folders a run is given, split and decoded: what it learns from, and what it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.bundle import CorpusNote
from trainer.config import Config
from trainer.corpus.crops import CropStore, open_store
from trainer.corpus.folder import scan
from trainer.corpus.labels import Recording
from trainer.corpus.split import split


@dataclass(frozen=True)
class Sides:
    """Recordings of all folders together, each folder split on its own so that every corpus is validated."""

    train: list[Recording]
    validation: list[Recording]
    notes: tuple[CorpusNote, ...]


def find_sides(folders: Sequence[Path], config: Config) -> Sides:
    """Scan and split `folders` as `config.training` says; the same seed gives the same split. Raises CorpusError."""
    train: list[Recording] = []
    validation: list[Recording] = []
    notes = []
    training = config.training
    for folder in folders:
        found = scan(folder)
        kept, held_out = split(found, training.split_by, training.validation_fraction, training.seed)
        train += kept
        validation += held_out
        speakers = {str(recording.labels["speaker"]) for recording in found if "speaker" in recording.labels}
        notes.append(
            CorpusNote(
                name=folder.resolve().name,
                recordings=len(kept),
                minutes=round(sum(recording.duration for recording in kept) / 60, 1),
                speakers=len(speakers) or None,
                held_out=tuple(sorted(recording.path.stem for recording in held_out)),
                split_by=training.split_by,
            )
        )
    return Sides(train, validation, tuple(notes))


def open_stores(sides: Sides, cache: Path, config: Config) -> tuple[CropStore, CropStore]:
    """The decoded training and validation recordings, kept under `cache`."""
    train = open_store(sides.train, cache, config.sample_rate, config.loudness_dbfs, "training")
    validation = open_store(sides.validation, cache, config.sample_rate, config.loudness_dbfs, "validation")
    return train, validation
