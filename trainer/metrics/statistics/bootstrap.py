"""Percentile bootstrap intervals (95 %) of means, medians and ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating] | Sequence[float]
INTERVAL_QUANTILES = (0.025, 0.975)
RESAMPLES = 2000
_BLOCK_DRAWS = 1 << 22  # indices drawn at once, which bounds memory


@dataclass(frozen=True)
class BootstrapEstimate:
    """A mean with its 95 % bootstrap interval over `n` items."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def bootstrap_mean(
    values: Values, seed: int = 0, resamples: int = RESAMPLES, groups: NDArray[Any] | None = None
) -> BootstrapEstimate:
    """Mean of `values` [n] and its percentile bootstrap interval.

    With `groups` [n], the group name of each value, whole groups are resampled (cluster bootstrap), because values of
    one group, such as takes of one word, are not independent. For a paired comparison pass the differences.
    """
    array = np.asarray(values, dtype=np.float64)
    if groups is None:
        return bootstrap_ratio(array, np.ones_like(array), seed, resamples)
    _, member = np.unique(groups, return_inverse=True)
    ratio = bootstrap_ratio(np.bincount(member, array).tolist(), np.bincount(member).tolist(), seed, resamples)
    return BootstrapEstimate(ratio.mean, ratio.low, ratio.high, len(array))


def bootstrap_median(
    values: Values, seed: int = 0, resamples: int = RESAMPLES, groups: NDArray[Any] | None = None
) -> tuple[float, float, float]:
    """Median of `values` [n] and its percentile bootstrap interval: (median, low, high).

    With `groups` [n], the group name of each value, whole groups are resampled, as in `bootstrap_mean`.
    """
    array = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    if groups is None:
        medians = np.median(array[rng.integers(len(array), size=(resamples, len(array)))], axis=1)
    else:
        members = [array[groups == name] for name in np.unique(groups)]
        drawn = rng.integers(len(members), size=(resamples, len(members)))
        medians = np.array([np.median(np.concatenate([members[index] for index in one])) for one in drawn])
    low, high = np.quantile(medians, INTERVAL_QUANTILES)
    return float(np.median(array)), float(low), float(high)


def bootstrap_ratio(
    numerators: Values, denominators: Values, seed: int = 0, resamples: int = RESAMPLES
) -> BootstrapEstimate:
    """sum(numerators) / sum(denominators) over items [n], with the percentile interval over resampled items.

    Denominators must be at least 0. Raises ValueError if all of them are 0.
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
        # The ratio of a resample whose denominators are all 0 is undefined
        ratios.append(above[drawn].sum(1)[sums > 0] / sums[sums > 0])
    low, high = np.quantile(np.concatenate(ratios), INTERVAL_QUANTILES)
    return BootstrapEstimate(float(above.sum() / below.sum()), float(low), float(high), len(above))
