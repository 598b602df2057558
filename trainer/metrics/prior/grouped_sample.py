"""A sample in groups, with U-statistics over pairs from different groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Values = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class GroupedSample:
    """`values` [n, dims] with the group number of each in `groups` [n]; values of one group are dependent.

    Raises ValueError with fewer than two groups.
    """

    values: Values
    groups: Codes

    def __post_init__(self) -> None:
        if len(np.unique(self.groups)) < 2:
            raise ValueError("a distance between distributions needs at least two groups (recordings)")

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.groups.max()) + 1

    @cached_property
    def distances(self) -> Values:
        """Euclidean distances of all pairs [n, n]."""
        distances: Values = cdist(self.values, self.values)
        return distances

    def mean(self, each: Values, weights: Values) -> Values:
        """Mean of `each` [n] with groups weighted by `weights` [resamples, groups] -> [resamples]."""
        means: Values = (weights @ np.bincount(self.groups, each)) / (weights @ np.bincount(self.groups))
        return means

    def mean_of_pairs(self, each: Values, weights: Values) -> Values:
        """Mean of `each` [n, n] over pairs from different groups, weighted likewise -> [resamples]."""
        order = np.argsort(self.groups, kind="stable")
        starts = np.searchsorted(self.groups[order], np.arange(self.count))
        sums = np.add.reduceat(np.add.reduceat(each[np.ix_(order, order)], starts, axis=0), starts, axis=1)
        sizes = np.bincount(self.groups).astype(np.float64)
        counts = np.outer(sizes, sizes)
        np.fill_diagonal(sums, 0.0)
        np.fill_diagonal(counts, 0.0)
        means: Values = ((weights @ sums) * weights).sum(1) / ((weights @ counts) * weights).sum(1)
        return means

    @property
    def unit_weights(self) -> Values:
        """Weights of the sample itself, each group once [1, groups]."""
        return np.ones((1, self.count))
