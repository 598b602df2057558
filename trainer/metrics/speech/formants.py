"""Formants by Praat's method of Burg. The one file that knows parselmouth."""

from __future__ import annotations

import importlib.util

import numpy as np
from numpy.typing import NDArray

INSTALLED = importlib.util.find_spec("parselmouth") is not None
_COUNT = 3
_LOOKED_FOR, _CEILING = 5, 5500.0  # Hz: Praat's own defaults


def formants(
    wave: NDArray[np.floating], sample_rate: int, seconds: NDArray[np.float64], ceiling: float = _CEILING
) -> NDArray[np.float64]:
    """F1 to F3 (Hz) of `wave` [samples] at `seconds` [n] -> [n, 3]; NaN for one that a moment does not have, and for
    all where parselmouth is not installed.
    """
    if not INSTALLED or not len(seconds):
        return np.full((len(seconds), _COUNT), np.nan)
    import parselmouth

    tracked = parselmouth.Sound(wave.astype(np.float64), sample_rate).to_formant_burg(
        time_step=0.02, max_number_of_formants=_LOOKED_FOR, maximum_formant=ceiling
    )
    return np.array([[tracked.get_value_at_time(n + 1, at) for n in range(_COUNT)] for at in seconds.tolist()])
