"""One-sided significance of many means over clustered examples, with Benjamini-Hochberg correction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]


def mean_p_values(sums: Values, counts: Values) -> Values:
    """One-sided p-value of mean > 0 for each column of `sums` [groups, tests] -> [tests].

    `counts` [groups]: number of examples of each group. A t test with cluster-robust standard error over groups and
    groups - 1 degrees of freedom. Raises ValueError with fewer than two groups.
    """
    groups = len(counts)
    if groups < 2:
        raise ValueError("a significance test needs at least two groups")
    means = sums.sum(0) / counts.sum()
    residuals = sums - means * counts[:, None]
    error = np.sqrt(groups / (groups - 1) * (residuals**2).sum(0)) / counts.sum()
    without_spread = np.where(means > 0, np.inf, -np.inf)  # all groups have the same mean
    t = np.divide(means, error, out=without_spread, where=error > 0)
    p_values: Values = special.stdtr(groups - 1, -t)
    return p_values


def benjamini_hochberg(p_values: Values, rate: float = 0.05) -> NDArray[np.bool_]:
    """Benjamini-Hochberg mask at false discovery rate `rate` (Benjamini and Hochberg 1995).

    `p_values`: any shape; the mask has the same shape and is True for significant tests.
    """
    ordered = np.sort(p_values, axis=None)
    passed = ordered <= rate * np.arange(1, ordered.size + 1) / ordered.size
    return p_values <= (ordered[passed][-1] if passed.any() else -1.0)
