"""Is a decoded clip's melody the original's? F0 where both are voiced, and whether they are voiced alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pitch = NDArray[np.float64]
_LEAST_FRAMES = 10


def f0_correlation(original: Pitch, decoded: Pitch) -> float | None:
    """Pearson correlation of log F0 over the frames in which both clips are voiced, of two courses [frames] in Hz with
    NaN where unvoiced; None where there are not 10 such frames, or the original's F0 does not move.
    """
    both = np.isfinite(original) & np.isfinite(decoded)
    if both.sum() < _LEAST_FRAMES:
        return None
    a, b = (np.log(course[both]) for course in (original, decoded))
    a, b = a - a.mean(), b - b.mean()
    spread, other = float((a**2).sum()), float((b**2).sum())
    if spread == 0:
        return None
    return float((a * b).sum()) / float(np.sqrt(spread * other)) if other > 0 else 0.0


def voicing_error(original: Pitch, decoded: Pitch) -> float:
    """Share of frames [frames] voiced in one clip and not in the other."""
    return float((np.isfinite(original) != np.isfinite(decoded)).mean())
