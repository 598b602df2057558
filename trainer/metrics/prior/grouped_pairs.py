"""A sample in groups, and means over its pairs that are of two groups: what U-statistics are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Values = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """`values` [n, dims] of `groups` [n], numbers from 0. Two values of one group do not vary independently."""

    values: Values
    groups: Codes

    def __post_init__(self) -> None:
        if len(np.unique(self.groups)) < 2:
            raise ValueError("a distance between distributions takes values of two groups (recordings) or more")

    @property
    def count(self) -> int:
        """How many groups."""
        return int(self.groups.max()) + 1

    @cached_property
    def distances(self) -> Values:
        """Of each two values [n, n]."""
        found: Values = cdist(self.values, self.values)
        return found

    def mean(self, each: Values, weights: Values) -> Values:
        """Of a figure of each value [n], the groups drawn `weights` [resamples, groups] times: [resamples]."""
        found: Values = (weights @ np.bincount(self.groups, each)) / (weights @ np.bincount(self.groups))
        return found

    def mean_of_pairs(self, each: Values, weights: Values) -> Values:
        """Of a figure of each two values [n, n], over those of two groups: [resamples]."""
        order = np.argsort(self.groups, kind="stable")
        starts = np.searchsorted(self.groups[order], np.arange(self.count))
        sums = np.add.reduceat(np.add.reduceat(each[np.ix_(order, order)], starts, axis=0), starts, axis=1)
        sizes = np.bincount(self.groups).astype(np.float64)
        counts = np.outer(sizes, sizes)
        np.fill_diagonal(sums, 0.0)
        np.fill_diagonal(counts, 0.0)
        found: Values = ((weights @ sums) * weights).sum(1) / ((weights @ counts) * weights).sum(1)
        return found

    @property
    def once(self) -> Values:
        """The weights of the sample as it is [1, groups]."""
        return np.ones((1, self.count))
