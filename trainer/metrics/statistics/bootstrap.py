"""A figure with its 95 % interval: what resampling the independent items it was measured on would have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating] | Sequence[float]
LEVEL = (0.025, 0.975)
RESAMPLES = 2000
_BLOCK_DRAWS = 1 << 22


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % bootstrap interval over `n` items."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def bootstrap_mean(
    values: Values, seed: int = 0, resamples: int = RESAMPLES, groups: NDArray[Any] | None = None
) -> Estimate:
    """The mean of `values` [n] and its percentile bootstrap interval.

    With `groups` [n], the name of the group each value belongs to, whole groups are drawn, since values of one group
    (takes of a word) do not vary independently. For a paired difference give the differences.
    """
    array = np.asarray(values, dtype=np.float64)
    if groups is None:
        return bootstrap_ratio(array, np.ones_like(array), seed, resamples)
    _, member = np.unique(groups, return_inverse=True)
    found = bootstrap_ratio(np.bincount(member, array).tolist(), np.bincount(member).tolist(), seed, resamples)
    return Estimate(found.mean, found.low, found.high, len(array))


def bootstrap_median(values: Values, seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float, float]:
    """The median of `values` [n] and its percentile bootstrap interval (median, low, high): for what may be far out now
    and then.
    """
    array = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(len(array), size=(resamples, len(array)))
    low, high = np.quantile(np.median(array[drawn], axis=1), LEVEL)
    return float(np.median(array)), float(low), float(high)


def bootstrap_ratio(numerators: Values, denominators: Values, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """sum(numerators) / sum(denominators) over items [n], with its percentile interval over resampled items.

    The denominators are at least 0. Raises ValueError where all of them are 0.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if not below.sum() > 0:
        raise ValueError("a ratio needs at least one denominator above 0")
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK_DRAWS // len(above))
    ratios = []
    for first in range(0, resamples, block):
        drawn = rng.integers(len(above), size=(min(block, resamples - first), len(above)))
        sums = below[drawn].sum(1)
        # Where all items drawn have denominator 0 the resample says nothing
        ratios.append(above[drawn].sum(1)[sums > 0] / sums[sums > 0])
    low, high = np.quantile(np.concatenate(ratios), LEVEL)
    return Estimate(float(above.sum() / below.sum()), float(low), float(high), len(above))
