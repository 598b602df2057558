"""Total correlation of latent dimensions in bits: 0 if they are independent.

Two estimates, each to be compared with its value for independently shuffled dimensions. Neither is the published one of
SIM (arXiv 2408.12936), a kernel density evaluated on its own points, which reports bits for independent Gaussians.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]
NEIGHBOURS = 5
_BLOCK_VALUES = 1 << 22  # values compared at once, which bounds memory


def gaussian_total_correlation(values: NDArray[np.floating]) -> float:
    """-1/2 log2 det R of `values` [n, dims] with R their correlation matrix: exact for joint Gaussians.

    Constant dimensions are ignored.
    """
    wide = values.astype(np.float64)
    wide = wide[:, wide.std(0) > 0]
    if wide.shape[1] < 2:
        return 0.0
    return float(-0.5 * np.linalg.slogdet(np.corrcoef(wide, rowvar=False))[1] / np.log(2))


def knn_total_correlation(values: NDArray[np.floating], neighbours: int = NEIGHBOURS) -> float:
    """Nearest-neighbour estimate for `values` [n, dims] of any distribution (Kraskov et al. 2004, first estimator).

    Biased low in many dimensions, which n points cover only sparsely.
    """
    wide = _ranked(values[:, values.std(0) > 0])
    n, dims = wide.shape
    if dims < 2:
        return 0.0
    sorted_columns = np.sort(wide, axis=0)
    near = np.zeros(n)
    block = max(1, _BLOCK_VALUES // (n * dims))
    for first in range(0, n, block):
        own = wide[first : first + block]
        distance = np.abs(own[:, None] - wide[None]).max(2)
        radius = np.partition(distance, neighbours, axis=1)[:, neighbours]  # index 0 is the point itself
        for dim in range(dims):
            column = sorted_columns[:, dim]
            low = np.searchsorted(column, own[:, dim] - radius, side="right")
            high = np.searchsorted(column, own[:, dim] + radius, side="left")
            near[first : first + block] += special.digamma(np.maximum(high - low, 1))
    nats = special.digamma(neighbours) + (dims - 1) * special.digamma(n) - near.mean()
    return float(nats / np.log(2))


def _ranked(values: NDArray[np.floating]) -> Values:
    """Each column as normal quantiles of its ranks, ties broken in a fixed random order.

    This leaves the information unchanged and gives all dimensions the same scale.
    """
    n = len(values)
    order = np.random.default_rng(0).permutation(n)
    ranks = np.argsort(np.argsort(values[order], axis=0, kind="stable"), axis=0)
    ranked: Values = np.empty(values.shape)
    ranked[order] = special.ndtri((ranks + 0.5) / n)
    return ranked


def shuffle_dimensions(values: NDArray[np.floating], seed: int = 0) -> NDArray[np.floating]:
    """Each column of `values` [n, dims] permuted independently: the estimates' baseline."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(column) for column in values.T], axis=1)
