"""Log-spectral distance on mel bands between a decoded clip and its original, in dB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spectrogram = NDArray[np.floating]
RANGE_DB = 60.0
"""Dynamic range: lower levels are raised to this far below the loudest band and frame. They are hardly audible, and the
difference in dB to digital silence is unbounded.
"""


def clip_to_range(spectrogram: Spectrogram, loudest: float) -> Spectrogram:
    """`spectrogram` in dB, raised to at least RANGE_DB below `loudest`."""
    return np.maximum(spectrogram, loudest - RANGE_DB)


def difference(original: Spectrogram, decoded: Spectrogram) -> Spectrogram:
    """decoded - original in dB [bands, frames], both limited to RANGE_DB below the original's maximum."""
    loudest = float(original.max())
    return clip_to_range(decoded, loudest) - clip_to_range(original, loudest)


def log_mel_distance(original: Spectrogram, decoded: Spectrogram) -> float:
    """Mean over frames of the RMS difference over bands of two log-mel spectrograms [bands, frames], in dB.

    Log-spectral distance (Gray and Markel 1976) on mel bands instead of frequencies.
    """
    return float(np.sqrt((difference(original, decoded) ** 2).mean(0)).mean())
