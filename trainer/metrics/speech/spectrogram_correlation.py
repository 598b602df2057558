"""Correlation of log-mel spectrograms, with the score of the mean spectrum as baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spectrogram = NDArray[np.floating]


def correlation(first: Spectrogram, second: Spectrogram) -> float:
    """Pearson correlation over all bands and frames of two spectrograms [bands, frames]; 0 if one is constant."""
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def mean_spectrum_correlation(original: Spectrogram) -> float:
    """Correlation of `original` [bands, frames] with its mean spectrum, constant in time (baseline)."""
    return correlation(original, np.broadcast_to(original.mean(1, keepdims=True), original.shape))
