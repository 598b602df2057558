"""How far a decoded clip's log-mel spectrogram is from the original's, in dB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spectrogram = NDArray[np.floating]
RANGE_DB = 60.0
"""What lies farther below the loudest band and frame is raised to there: it is hardly heard, and in digital silence a
difference in dB has no bounds.
"""


def in_range(picture: Spectrogram, loudest: float) -> Spectrogram:
    """`picture` in dB with nothing more than 60 dB below `loudest`."""
    return np.maximum(picture, loudest - RANGE_DB)


def difference(original: Spectrogram, decoded: Spectrogram) -> Spectrogram:
    """decoded - original in dB [bands, frames], both without what is 60 dB below the original's loudest."""
    loudest = float(original.max())
    return in_range(decoded, loudest) - in_range(original, loudest)


def log_mel_distance(original: Spectrogram, decoded: Spectrogram) -> float:
    """Log-spectral distance on mel bands: the root mean square difference over the bands of a frame, its mean over all
    frames of two spectrograms [bands, frames] in dB (Gray and Markel 1976, of mel bands instead of frequencies).
    """
    return float(np.sqrt((difference(original, decoded) ** 2).mean(0)).mean())
