"""The sliced Wasserstein distance of a sample from N(0, I) (Bonneel et al. 2015): seen from many directions, how far
values would have to be moved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]
DIRECTIONS = 128


def directions(dims: int, count: int = DIRECTIONS, seed: int = 0) -> Values:
    """Unit vectors at random [count, dims]."""
    drawn = np.random.default_rng(seed).normal(size=(count, dims))
    unit: Values = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def sliced_wasserstein(values: Values, towards: Values) -> float:
    """The root of the mean over the directions `towards` [count, dims] of W_2^2 between `values` [n, dims], projected,
    and N(0, 1), whose quantiles are known. A draw of n from N(0, I) itself has about sqrt(ln ln n / n).
    """
    count = len(values)
    projected = np.sort(values @ towards.T, axis=0)
    edges = special.ndtri(np.arange(1, count) / count)
    # The mean of N(0, 1) within each n-th part, times n: the integral of its quantile function
    density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
    means = count * -np.diff(np.concatenate([[0.0], density, [0.0]]))
    squares = (projected**2).mean(0) - 2 * (projected * means[:, None]).mean(0) + 1
    return float(np.sqrt(max(0.0, squares.mean())))
