"""The maximum mean discrepancy of a sample from N(0, I) (Gretton et al. 2012), with a Gaussian kernel whose mean over
the normal is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.prior.grouped_pairs import Pairs

Values = NDArray[np.float64]


def mean_discrepancy(pairs: Pairs, weights: Values) -> Values:
    """MMD^2 = E k(X, X') - 2 E k(X, Y) + E k(Y, Y'), k(x, y) = exp(-|x - y|^2 / (2 d)) in d dimensions, which is about
    the median distance in N(0, I). Pairs of one group are left out; so it may lie a little below 0. `weights`
    [resamples, groups]: how often each was drawn; the discrepancies are [resamples].
    """
    dims = pairs.values.shape[1]
    squares = (pairs.values**2).sum(1)
    to_normal = (dims / (dims + 1)) ** (dims / 2) * np.exp(-squares / (2 * (dims + 1)))
    within = pairs.mean_of_pairs(np.exp(-(pairs.distances**2) / (2 * dims)), weights)
    found: Values = within - 2 * pairs.mean(to_normal, weights) + (dims / (dims + 2)) ** (dims / 2)
    return found
