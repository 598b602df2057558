"""UMAP projection to two dimensions (McInnes et al., arXiv 1802.03426). The only module that imports umap."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
from numpy.typing import NDArray

from trainer.runtime.distribution import install_command

INSTALLED = importlib.util.find_spec("umap") is not None
MISSING = f"UMAP skipped: umap-learn is not installed. Install it with: {install_command('umap')}"
_NEIGHBOURS = 15


def umap_projection(values: NDArray[np.floating], seed: int = 0) -> NDArray[np.float64] | None:
    """UMAP of `values` [n, dims] -> [n, 2]; neighbourhoods are kept, large distances carry no meaning.

    None if umap-learn is not installed or there are too few points for the neighbourhood size.
    """
    if not INSTALLED or len(values) <= _NEIGHBOURS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # an unused part of umap-learn asks for TensorFlow
        from umap import UMAP

    # With a seed UMAP runs in one thread, and warns unless n_jobs says so
    places: NDArray[np.float64] = UMAP(n_neighbors=_NEIGHBOURS, n_jobs=1, random_state=seed).fit_transform(values)
    return places
