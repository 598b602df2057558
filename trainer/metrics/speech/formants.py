"""Formants by Praat's Burg method. The only module that imports parselmouth."""

from __future__ import annotations

import importlib.util

import numpy as np
from numpy.typing import NDArray

INSTALLED = importlib.util.find_spec("parselmouth") is not None
_COUNT = 3
_TRACKED, _CEILING = 5, 5500.0  # Praat's defaults: formants to fit, ceiling in Hz


def formants(
    wave: NDArray[np.floating], sample_rate: int, seconds: NDArray[np.float64], ceiling: float = _CEILING
) -> NDArray[np.float64]:
    """F1 to F3 in Hz of `wave` [samples] at the times `seconds` [n] -> [n, 3].

    NaN for a formant not found at that time, and for all if parselmouth is not installed.
    """
    if not INSTALLED or not len(seconds):
        return np.full((len(seconds), _COUNT), np.nan)
    import parselmouth

    tracked = parselmouth.Sound(wave.astype(np.float64), sample_rate).to_formant_burg(
        time_step=0.02, max_number_of_formants=_TRACKED, maximum_formant=ceiling
    )
    return np.array([[tracked.get_value_at_time(n + 1, time) for n in range(_COUNT)] for time in seconds.tolist()])
