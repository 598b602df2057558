"""F0 by SwiftF0 (arXiv 2508.18440), a network: a judge that shares nothing with the tracker of trainer.audio.pitch."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

_RATE = 16_000
_MIN_HZ, _MAX_HZ = 60.0, 500.0
VOICED_CONFIDENCE = 0.5
FRAME_SECONDS = 0.016


def swift_f0(wave: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """F0 of `wave` [samples] in Hz, one value every FRAME_SECONDS; NaN where unvoiced.

    Raises ImportError without the swift-f0 package.
    """
    if sample_rate != _RATE:
        wave = soxr.resample(wave, sample_rate, _RATE, quality="HQ")
    found = _detector().detect(wave, _RATE, _MIN_HZ, _MAX_HZ)
    pitch: NDArray[np.float64] = np.where(found.confidence >= VOICED_CONFIDENCE, found.pitch_hz, np.nan)
    return pitch


@lru_cache(maxsize=1)
def _detector() -> Any:
    from swift_f0 import SwiftF0

    return SwiftF0(threads=1, spin=False)
