"""Buzz at the frame rate: a pitch that comes from the decoder's frames, not from the voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE_HZ = 1.0

Pitch = NDArray[np.float64]


def frames_at_multiples(pitch: Pitch, frame_rate: float) -> tuple[int, int]:
    """Voiced frames within TOLERANCE_HZ of a multiple of `frame_rate` (Hz), and all voiced frames.

    `pitch` [frames] in Hz, NaN where unvoiced. Pitches spread evenly give a share of 2 TOLERANCE_HZ / `frame_rate`.
    """
    voiced = pitch[np.isfinite(pitch)]
    multiples = np.maximum(np.round(voiced / frame_rate), 1) * frame_rate
    return int((np.abs(voiced - multiples) <= TOLERANCE_HZ).sum()), len(voiced)
