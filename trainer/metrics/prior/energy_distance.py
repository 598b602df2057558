"""The energy distance of a sample from N(0, I) itself, not from a draw of it (Szekely and Rizzo 2005)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trainer.metrics.prior.grouped_pairs import Pairs

Values = NDArray[np.float64]


def energy_distance(pairs: Pairs, weights: Values) -> Values:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, X a sample and Y from N(0, I): 0 for the normal alone. Pairs of one group are
    left out, since they are nearer than independent ones; so it may lie a little below 0. `weights` [resamples,
    groups]: how often each was drawn; the distances are [resamples].
    """
    to_normal = pairs.mean(distance_to_normal(pairs.values), weights)
    within = pairs.mean_of_pairs(pairs.distances, weights)
    return 2 * to_normal - within - math.sqrt(2) * mean_norm(pairs.values.shape[1])


def distance_to_normal(values: Values) -> Values:
    """E|x - Y| of each x of `values` [n, dims], Y from N(0, I) (Baringhaus and Henze 1988)."""
    dims = values.shape[1]
    squares = (values**2).sum(1)
    found: Values = mean_norm(dims) * special.hyp1f1(-0.5, dims / 2, -squares / 2)
    return found


def mean_norm(dims: int) -> float:
    """E|Y| of N(0, I) in so many dimensions; E|Y - Y'| is sqrt 2 times that."""
    return math.sqrt(2) * math.exp(special.gammaln((dims + 1) / 2) - special.gammaln(dims / 2))
