"""A bundle and the recordings to analyse it on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from trainer import bundle
from trainer.evaluation.frame_samples import FrameSamples, sample_frames
from trainer.evaluation.selection import Clip, Split, min_clip_seconds, select_clips
from trainer.model import Model


@dataclass(frozen=True)
class AnalysisContext:
    """The bundle at `path` and at most `max_clips` recordings of a split of `folders`, read when first needed."""

    path: Path
    folders: tuple[Path, ...]
    split: Split = "validation"
    max_clips: int = 300
    name: str = ""

    @cached_property
    def model(self) -> Model:
        """The loaded bundle."""
        return bundle.load(self.path)

    @cached_property
    def clips(self) -> list[Clip]:
        """The recordings, each long enough for every layer."""
        header = bundle.read_config(self.path)
        least = min_clip_seconds(header.config)
        return select_clips(self.folders, header, self.split, self.max_clips, min_seconds=least)

    @cached_property
    def samples(self) -> FrameSamples:
        """Time points of the recordings, with latents and labels."""
        return sample_frames(self.model, self.clips)

    @property
    def data(self) -> str:
        """The name of the recordings in the report."""
        return f"{self.name or ' + '.join(folder.resolve().name for folder in self.folders)}, {self.split}"

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """The weights and recordings that results depend on; a part with an equal fingerprint is up to date."""
        return {"digest": bundle.digest(self.path), "data": self.data, "clips": self.max_clips}
