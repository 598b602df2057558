"""The energy distance of a sample from N(0, I) (Szekely and Rizzo 2005), against the normal itself, not a draw from it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trainer.analysis.sample_pairs import Pairs

Values = NDArray[np.float64]


def energy_distance(pairs: Pairs, weights: Values | None = None) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, X a sample and Y from N(0, I): 0 for the normal alone. Pairs of one group are
    left out, since they are nearer than independent ones; so it may lie a little below 0. `weights` [groups]: how
    often each was drawn.
    """
    to_normal = pairs.mean(distance_to_normal(pairs.values), weights)
    within = pairs.mean_of_pairs(pairs.distances, weights)
    return 2 * to_normal - within - math.sqrt(2) * mean_norm(pairs.values.shape[1])


def distance_to_normal(values: Values) -> Values:
    """E|x - Y| of each x of `values` [n, dims], Y from N(0, I) (Baringhaus and Henze 1988)."""
    dims = values.shape[1]
    squares = (values**2).sum(1)
    # 1F1(-1/2; d/2; -q/2) as the mean of sqrt(1 + ...) overflows for large q; Kummer's series does not
    found: Values = mean_norm(dims) * special.hyp1f1(-0.5, dims / 2, -squares / 2)
    return found


def mean_norm(dims: int) -> float:
    """E|Y| of N(0, I) in so many dimensions; E|Y - Y'| is sqrt 2 times that."""
    return math.sqrt(2) * math.exp(special.gammaln((dims + 1) / 2) - special.gammaln(dims / 2))
