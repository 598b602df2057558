"""Selection of the models and recordings to evaluate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainer import bundle
from trainer.bundle import BundleConfig, CorpusNote
from trainer.config import Config
from trainer.corpus import Recording, scan
from trainer.corpus.dataset_splits import find_splits, relative_name
from trainer.geometry import encoder_geometry
from trainer.model import Model

Split = Literal["validation", "train", "all"]


class SplitMembership(StrEnum):
    """The relation of a recording to a bundle's training data, by the bundle's provenance."""

    HELD_OUT = "held out of its training"
    IN_TRAINING = "possibly in its training data"
    UNKNOWN = "of corpora that are not in its provenance"


@dataclass(frozen=True)
class Clip:
    """A recording, the name of its corpus, and its own name within the corpus."""

    recording: Recording
    corpus: str
    name: str

    @property
    def speaker(self) -> str:
        """CORPUS/SPEAKER, since corpora number their speakers independently; CORPUS/ if the speaker is unknown."""
        return f"{self.corpus}/{self.recording.labels.get('speaker', '')}"

    def split_membership(self, notes: Sequence[CorpusNote]) -> SplitMembership:
        """Whether the bundle with the corpora `notes` was trained on this recording."""
        held_out = {note.name: note.held_out for note in notes}.get(self.corpus)
        if held_out is None:
            return SplitMembership.UNKNOWN
        return SplitMembership.HELD_OUT if self.name in held_out else SplitMembership.IN_TRAINING


def select_clips(
    folders: Sequence[Path], header: BundleConfig, split: Split, limit: int, *, min_seconds: float = 0.0
) -> list[Clip]:
    """At most `limit` evenly spaced recordings of a split, each at least `min_seconds` long.

    The split is the one that the bundle of `header` was trained with; "all" selects from every recording.
    Raises ValueError if no recording is long enough or `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"--clips is {limit}; at least 1 is needed")
    found = []
    for folder in folders:
        if split == "all":
            recordings = scan(folder)
        else:
            splits = find_splits([folder], header.config, header.provenance.corpora)
            recordings = splits.train if split == "train" else splits.validation
        corpus = folder.resolve().name
        found += [Clip(recording, corpus, relative_name(folder, recording)) for recording in recordings]
    long_enough = [clip for clip in found if clip.recording.duration >= min_seconds]
    if not long_enough:
        raise ValueError("every recording is too short for the deepest layer")
    return [long_enough[index] for index in evenly_spaced(len(long_enough), limit)]


def speaker_groups(clips: Sequence[Clip]) -> NDArray[np.str_] | None:
    """The speaker of each clip [n], for intervals that resample speakers; None unless the clips name several."""
    named = {clip.speaker for clip in clips if clip.recording.labels.get("speaker", "") != ""}
    return np.array([clip.speaker for clip in clips]) if len(named) > 1 else None


def evenly_spaced(count: int, limit: int) -> list[int]:
    """At most `limit` evenly spaced indices below `count`."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(count, limit))}) if count else []


def min_clip_seconds(config: Config) -> float:
    """The shortest duration, in seconds, for which every layer has at least one frame."""
    deepest = encoder_geometry(config.encoder, config.sample_rate)[-1]
    # 10 ms of margin: the header's duration and the resampled length may differ slightly
    return deepest.minimum_samples / config.sample_rate + 0.01


@dataclass(frozen=True)
class EvaluatedModel:
    """A loaded bundle and its label in tables."""

    label: str
    model: Model
    header: BundleConfig

    @property
    def modules(self) -> list[int]:
        """The modules that have a decoder."""
        return [module for module in range(1, self.model.modules_count + 1) if self.model.has_decoder(module)]

    def membership_line(self, clips: Sequence[Clip]) -> str:
        """One line that counts `clips` by their relation to the model's training data."""
        counts = Counter(clip.split_membership(self.header.provenance.corpora) for clip in clips)
        return f"{self.label}: " + ", ".join(f"{counts[kind]} {kind}" for kind in SplitMembership if counts[kind]) + "."


def load_models(path: Path, compared: Sequence[Path]) -> list[EvaluatedModel]:
    """The bundle at `path`, followed by the bundles to compare it with.

    Raises ValueError if one has no decoder, the sample rates differ, or two have the same label.
    """
    found = [_load_model(one) for one in (path, *compared)]
    rate = found[0].model.config.sample_rate
    for one in found:
        if not one.modules:
            raise ValueError(f"{one.label} has no decoder; train one with `python -m trainer fit-decoder`")
        if one.model.config.sample_rate != rate:
            raise ValueError(f"--compare: {one.label} has another sample rate than {rate} Hz")
    if len({one.label for one in found}) < len(found):
        raise ValueError("--compare: two bundles have the same folder name, preset and decoder; rename a folder")
    return found


def _load_model(path: Path) -> EvaluatedModel:
    header = bundle.read_config(path)
    config = header.config
    label = f"{path.resolve().name} ({config.preset}, {config.decoder.kind} decoder)"
    return EvaluatedModel(label, bundle.load(path), header)
