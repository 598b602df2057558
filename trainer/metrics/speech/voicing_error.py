"""Voicing error between a decoded clip and its original."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pitch = NDArray[np.float64]


def voicing_error(original: Pitch, decoded: Pitch) -> float:
    """Share of frames that are voiced in only one of two F0 tracks [frames] (NaN: unvoiced)."""
    return float((np.isfinite(original) != np.isfinite(decoded)).mean())
