"""Latent statistics of several modules of a model over a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from trainer.metrics.latents.latent_statistics import LatentStatistics
from trainer.model import Model

SEGMENT_SECONDS = 1.0


def gather_statistics(
    model: Model, modules: Sequence[int], waveforms: Iterable[np.ndarray]
) -> dict[int, LatentStatistics]:
    """Statistics of each of `modules` over `waveforms` [samples] at the model's rate, in a single pass."""
    statistics = {module: LatentStatistics() for module in modules}
    for waveform in waveforms:
        posteriors = model.encode(waveform)
        for module, gathered in statistics.items():
            frames = round(SEGMENT_SECONDS / model.geometry[module - 1].hop_seconds)
            gathered.add(posteriors[module - 1], frames)
    return statistics
