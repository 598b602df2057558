"""What a measure is taken of, and on which recordings: bundles, and an even spread of a corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np

from trainer import bundle
from trainer.bundle import BundleConfig, CorpusNote
from trainer.config import Config
from trainer.corpus import Recording, scan
from trainer.corpus.dataset_splits import find_sides, name_within
from trainer.geometry import stack
from trainer.model import Model

Side = Literal["validation", "train", "all"]


class Standing(StrEnum):
    """What a bundle had to do with a recording, by its provenance."""

    HELD_OUT = "held out of its training"
    HEARD = "it may have heard in training"
    UNKNOWN = "of corpora it does not name as learnt from"


@dataclass(frozen=True)
class Chosen:
    """A recording, and its name within the folder of its corpus."""

    recording: Recording
    corpus: str
    name: str

    def standing(self, notes: Sequence[CorpusNote]) -> Standing:
        held_out = {note.name: note.held_out for note in notes}.get(self.corpus)
        if held_out is None:
            return Standing.UNKNOWN
        return Standing.HELD_OUT if self.name in held_out else Standing.HEARD


def choose(
    folders: Sequence[Path], header: BundleConfig, side: Side, most: int, *, least_seconds: float = 0.0
) -> list[Chosen]:
    """At most `most` recordings of `side`, spread evenly, none shorter than `least_seconds`. The sides are those of the
    split that the bundle of `header` was trained with; "all" is every recording. Raises ValueError where none is left.
    """
    if most < 1:
        raise ValueError(f"--clips is {most}; at least 1 is needed")
    found = []
    for folder in folders:
        if side == "all":
            recordings = scan(folder)
        else:
            sides = find_sides([folder], header.config, header.provenance.corpora)
            recordings = sides.train if side == "train" else sides.validation
        corpus = folder.resolve().name
        found += [Chosen(recording, corpus, name_within(folder, recording)) for recording in recordings]
    long_enough = [one for one in found if one.recording.duration >= least_seconds]
    if not long_enough:
        raise ValueError("every recording is too short for the deepest module")
    return [long_enough[index] for index in spread(len(long_enough), most)]


def spread(count: int, most: int) -> list[int]:
    """At most `most` of the numbers below `count`, evenly spread."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(count, most))}) if count else []


def shortest_seconds(config: Config) -> float:
    """What a recording must last for every module to have a frame."""
    deepest = stack(config.encoder, config.sample_rate)[-1]
    # A hundredth of a second more, since a header's duration and what resampling leaves may differ a little
    return deepest.minimum_samples / config.sample_rate + 0.01


@dataclass(frozen=True)
class Subject:
    """A bundle that is measured, and what a table calls it."""

    label: str
    model: Model
    header: BundleConfig

    @property
    def modules(self) -> list[int]:
        """Those that have a decoder."""
        return [module for module in range(1, self.model.modules_count + 1) if self.model.has_decoder(module)]

    def told_of(self, chosen: Sequence[Chosen]) -> str:
        """A line on what it had to do with the recordings."""
        standings = Counter(one.standing(self.header.provenance.corpora) for one in chosen)
        return f"{self.label}: " + ", ".join(f"{standings[kind]} {kind}" for kind in Standing if standings[kind]) + "."


def subjects(path: Path, beside: Sequence[Path]) -> list[Subject]:
    """The bundle at `path`, then those `beside` it. Raises ValueError where one has no decoder or another rate than the
    first, or two would be called the same.
    """
    found = [_subject(one) for one in (path, *beside)]
    rate = found[0].model.config.sample_rate
    for one in found:
        if not one.modules:
            raise ValueError(f"{one.label} has no decoder; train one with `python -m trainer decoder`")
        if one.model.config.sample_rate != rate:
            raise ValueError(f"--beside: {one.label} is of another sample rate than {rate} Hz, so nothing compares")
    if len({one.label for one in found}) < len(found):
        raise ValueError("--beside: two bundles have the same folder name, preset and decoder; rename a folder")
    return found


def _subject(path: Path) -> Subject:
    header = bundle.read_config(path)
    config = header.config
    label = f"{path.resolve().name} ({config.preset}, {config.decoder.kind} decoder)"
    return Subject(label, bundle.load(path), header)
