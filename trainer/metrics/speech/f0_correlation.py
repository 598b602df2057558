"""Correlation of log F0 between a decoded clip and its original."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pitch = NDArray[np.float64]
_MIN_FRAMES = 10


def f0_correlation(original: Pitch, decoded: Pitch) -> float | None:
    """Pearson correlation of log F0 over the frames in which both clips are voiced.

    `original` and `decoded`: F0 [frames] in Hz, NaN where unvoiced. None with fewer than 10 such frames or a constant
    original F0.
    """
    both = np.isfinite(original) & np.isfinite(decoded)
    if both.sum() < _MIN_FRAMES:
        return None
    a, b = (np.log(pitch[both]) for pitch in (original, decoded))
    a, b = a - a.mean(), b - b.mean()
    spread, other = float((a**2).sum()), float((b**2).sum())
    if spread == 0:
        return None
    return float((a * b).sum()) / float(np.sqrt(spread * other)) if other > 0 else 0.0
