"""Which of many means lie above 0 by more than chance, where examples of one group do not vary independently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]


def chance_of_means(sums: Values, counts: Values) -> Values:
    """For each column of `sums` [groups, tests], the chance of a mean as far above 0 if the true one were 0 [tests].

    `counts` [groups]: examples of each group. A one-sided t test on the residuals of whole groups, with as many degrees
    of freedom as there are groups but one. Raises ValueError where there are not two groups.
    """
    groups = len(counts)
    if groups < 2:
        raise ValueError("what lies within chance takes two groups to tell")
    means = sums.sum(0) / counts.sum()
    residuals = sums - means * counts[:, None]
    error = np.sqrt(groups / (groups - 1) * (residuals**2).sum(0)) / counts.sum()
    sure = np.where(means > 0, np.inf, -np.inf)  # every group gives the same
    t = np.divide(means, error, out=sure, where=error > 0)
    chances: Values = special.stdtr(groups - 1, -t)
    return chances


def above_chance(chances: Values, rate: float = 0.05) -> NDArray[np.bool_]:
    """Which of the tests [any shape] can be told of if at most the share `rate` of those told of may be there by chance
    (Benjamini and Hochberg 1995).
    """
    ordered = np.sort(chances, axis=None)
    passed = ordered <= rate * np.arange(1, ordered.size + 1) / ordered.size
    return chances <= (ordered[passed][-1] if passed.any() else -1.0)
