"""Short-time objective intelligibility, STOI (Taal et al. 2011): how much of a clip's words a listener would get."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray


def stoi(original: NDArray[np.float32], decoded: NDArray[np.float32], sample_rate: int) -> float | None:
    """STOI, near 0 to 1, of `decoded` against `original` [samples]; None where there are not 30 frames (0.4 s) of
    speech. Raises ImportError without pystoi.
    """
    import pystoi

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # its way of saying that frames are too few
        try:
            found = float(pystoi.stoi(original.astype(np.float64), decoded.astype(np.float64), sample_rate))
        except (RuntimeWarning, ValueError):  # of a clip shorter than a frame, numpy's own
            return None
    return found if np.isfinite(found) else None
