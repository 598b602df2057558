"""DNSMOS P.835: how listeners would rate a recording, without its original (Reddy et al., arXiv 2110.01763)."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from trainer.audio import is_silent

_RATE = 16_000


def dnsmos(wave: NDArray[np.float32], sample_rate: int) -> float | None:
    """Predicted overall quality of `wave` [samples], 1 to 5; None for silence. Clips under 9 s are repeated to that.

    Raises ImportError without the speechmos package.
    """
    from speechmos import dnsmos as predictor

    if is_silent(wave):
        return None
    if sample_rate != _RATE:
        wave = soxr.resample(wave, sample_rate, _RATE, quality="HQ")
    peak = float(np.abs(wave).max())
    return float(predictor.run(wave / max(peak, 1.0), sr=_RATE)["ovrl_mos"])
