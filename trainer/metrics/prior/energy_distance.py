"""Energy distance between a sample and N(0, I), with exact expectations over N(0, I) (Szekely and Rizzo 2005)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trainer.metrics.prior.grouped_sample import GroupedSample

Values = NDArray[np.float64]


def energy_distance(sample: GroupedSample, weights: Values) -> Values:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| for the sample X and Y ~ N(0, I): 0 only for N(0, I).

    Pairs within a group are excluded because they are closer than independent ones, so the estimate can be slightly
    negative. `weights` [resamples, groups]: how often each group was drawn -> [resamples].
    """
    to_normal = sample.mean(distance_to_normal(sample.values), weights)
    within = sample.mean_of_pairs(sample.distances, weights)
    return 2 * to_normal - within - math.sqrt(2) * mean_normal_norm(sample.values.shape[1])


def distance_to_normal(values: Values) -> Values:
    """E|x - Y| for each x of `values` [n, dims], Y ~ N(0, I) -> [n] (Baringhaus and Henze 1988)."""
    dims = values.shape[1]
    squares = (values**2).sum(1)
    distances: Values = mean_normal_norm(dims) * special.hyp1f1(-0.5, dims / 2, -squares / 2)
    return distances


def mean_normal_norm(dims: int) -> float:
    """E|Y| for Y ~ N(0, I) in `dims` dimensions; E|Y - Y'| is sqrt(2) times that."""
    return math.sqrt(2) * math.exp(special.gammaln((dims + 1) / 2) - special.gammaln(dims / 2))
