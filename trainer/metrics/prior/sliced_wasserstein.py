"""Sliced Wasserstein distance between a sample and N(0, I) (Bonneel et al. 2015)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]
DIRECTIONS = 128


def random_directions(dims: int, count: int = DIRECTIONS, seed: int = 0) -> Values:
    """Random unit vectors [count, dims]."""
    drawn = np.random.default_rng(seed).normal(size=(count, dims))
    unit: Values = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def sliced_wasserstein(values: Values, directions: Values) -> float:
    """Root mean square over `directions` [count, dims] of W_2 between the projected `values` [n, dims] and N(0, 1).

    The quantiles of N(0, 1) are exact. For n draws from N(0, I) itself it is about sqrt(ln ln n / n).
    """
    count = len(values)
    projected = np.sort(values @ directions.T, axis=0)
    edges = special.ndtri(np.arange(1, count) / count)
    # Mean of N(0, 1) within each n-th part, times n: the integral of its quantile function
    density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
    means = count * -np.diff(np.concatenate([[0.0], density, [0.0]]))
    squares = (projected**2).mean(0) - 2 * (projected * means[:, None]).mean(0) + 1
    return float(np.sqrt(max(0.0, squares.mean())))
