"""UMAP (McInnes, Healy and Melville 2018, arXiv 1802.03426): near stays near, and far means little. The one file that
knows umap-learn.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
from numpy.typing import NDArray

INSTALLED = importlib.util.find_spec("umap") is not None
MISSING = "UMAP is left out for want of umap-learn: pip install 'sim-explorer[umap]'."
_NEIGHBOURS = 15


def neighbour_plane(values: NDArray[np.floating], seed: int = 0) -> NDArray[np.float64] | None:
    """A place on a plane [n, 2] for each of `values` [n, dims]; None where umap-learn is not installed, or the points
    are too few to have neighbours.
    """
    if not INSTALLED or len(values) <= _NEIGHBOURS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # that a part of it which is not used here wants TensorFlow
        from umap import UMAP

    # With a seed it uses one thread, and says so at length where it is not told to
    found: NDArray[np.float64] = UMAP(n_neighbors=_NEIGHBOURS, n_jobs=1, random_state=seed).fit_transform(values)
    return found
