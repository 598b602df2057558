"""STOI: short-time objective intelligibility (Taal et al. 2011)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray


def stoi(original: NDArray[np.float32], decoded: NDArray[np.float32], sample_rate: int) -> float | None:
    """STOI, about 0 to 1, of `decoded` against `original` [samples]; None with fewer than 30 frames (0.4 s) of speech.

    Raises ImportError without the pystoi package.
    """
    import pystoi

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # how pystoi reports too few frames
        try:
            score = float(pystoi.stoi(original.astype(np.float64), decoded.astype(np.float64), sample_rate))
        except (RuntimeWarning, ValueError):  # ValueError: numpy's, for a clip shorter than a frame
            return None
    return score if np.isfinite(score) else None
