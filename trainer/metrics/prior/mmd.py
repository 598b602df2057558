"""Squared maximum mean discrepancy between a sample and N(0, I) with a Gaussian kernel (Gretton et al. 2012)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.prior.grouped_sample import GroupedSample

Values = NDArray[np.float64]


def squared_mmd(sample: GroupedSample, weights: Values) -> Values:
    """MMD^2 = E k(X, X') - 2 E k(X, Y) + E k(Y, Y'), Y ~ N(0, I), with exact expectations over Y.

    k(x, y) = exp(-|x - y|^2 / (2 d)) in d dimensions; the bandwidth is about the median distance in N(0, I). Pairs
    within a group are excluded, so the estimate can be slightly negative. `weights` [resamples, groups]: how often each
    group was drawn -> [resamples].
    """
    dims = sample.values.shape[1]
    squares = (sample.values**2).sum(1)
    to_normal = (dims / (dims + 1)) ** (dims / 2) * np.exp(-squares / (2 * (dims + 1)))
    within = sample.mean_of_pairs(np.exp(-(sample.distances**2) / (2 * dims)), weights)
    discrepancy: Values = within - 2 * sample.mean(to_normal, weights) + (dims / (dims + 2)) ** (dims / 2)
    return discrepancy
