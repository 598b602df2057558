"""Is a decoded clip recognisably the clip? Correlation of log-mel spectrograms, beside what a mere mean spectrum
would score.
"""

from __future__ import annotations

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
