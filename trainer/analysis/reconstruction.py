"""Is a decoded clip recognisably the clip? Correlation of log-mel spectrograms, beside what a mere mean spectrum
would score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Spectrogram = NDArray[np.floating]


def correlation(first: Spectrogram, second: Spectrogram) -> float:
    """Pearson correlation over all bands and frames of two spectrograms [bands, frames]; 0 where one is constant."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def mean_spectrum_correlation(original: Spectrogram) -> float:
    """What the clip's own mean spectrum, held still, would score: the baseline that carries no course in time."""
    return correlation(original, np.broadcast_to(original.mean(1, keepdims=True), original.shape))


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % bootstrap interval over `n` items."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def bootstrap_mean(values: NDArray[np.floating] | list[float], seed: int = 0, resamples: int = 2000) -> Estimate:
    """The mean of independent `values` [n] and its percentile bootstrap interval."""
    array = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = array[rng.integers(len(array), size=(resamples, len(array)))].mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(array.mean()), float(low), float(high), len(array))
