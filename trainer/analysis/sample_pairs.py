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

    def mean(self, each: Values, weights: Values | None = None) -> float:
        """Of a figure of each value [n], groups being drawn `weights` [groups] times."""
        own = np.ones(len(each)) if weights is None else weights[self.groups]
        return float((own * each).sum() / own.sum())

    def mean_of_pairs(self, each: Values, weights: Values | None = None) -> float:
        """Of a figure of each two values [n, n], over those of two groups."""
        own = np.ones(len(each)) if weights is None else weights[self.groups]
        different = self.groups[:, None] != self.groups
        return float(own @ (each * different) @ own / (own @ different @ own))
