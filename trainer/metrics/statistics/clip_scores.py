"""A metric per clip and its mean over clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_ratio

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ClipScores:
    """A score per clip as `numerators` over `denominators` [clips]: a value over 1, or hits over trials.

    The numerator is NaN for a clip on which the metric is undefined. `groups`: the speaker of each clip, if intervals
    resample speakers, since clips of one are not independent.
    """

    numerators: Values
    denominators: Values
    groups: NDArray[np.str_] | None = None

    @classmethod
    def from_values(cls, values: Sequence[float | None], groups: NDArray[np.str_] | None = None) -> ClipScores:
        """One value per clip; None where the metric is undefined."""
        numerators = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return cls(numerators, np.ones_like(numerators), groups)

    def paired_difference(self, other: ClipScores) -> ClipScores:
        """Difference to another score of the same clips; undefined where either is undefined."""
        return ClipScores(self.numerators - other.numerators, self.denominators, self.groups)

    @property
    def missing(self) -> int:
        """Number of clips on which the metric is undefined."""
        return int(np.isnan(self.numerators).sum())

    def median(self) -> float | None:
        """Median over the clips on which the metric is defined; None for counts, or if undefined on all."""
        defined = self.numerators[~np.isnan(self.numerators)]
        return float(np.median(defined)) if len(defined) and (self.denominators == 1).all() else None

    def estimate(self) -> BootstrapEstimate | None:
        """sum(numerators) / sum(denominators) with its interval over resampled clips or groups of clips.

        None if undefined on all.
        """
        defined = ~np.isnan(self.numerators)
        numerators, denominators = self.numerators[defined], self.denominators[defined]
        if not denominators.sum() > 0:
            return None
        if self.groups is None:
            return bootstrap_ratio(numerators, denominators)
        _, member = np.unique(self.groups[defined], return_inverse=True)
        found = bootstrap_ratio(np.bincount(member, numerators).tolist(), np.bincount(member, denominators).tolist())
        return replace(found, n=len(numerators))
