"""A measure taken of every clip, and what it comes to over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.statistics.bootstrap import Estimate, bootstrap_ratio

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Clip by clip, `above` over `below` [clips]: a value over 1, or the hits of a clip over its trials. A clip that
    does not tell has NaN above.
    """

    above: Values
    below: Values

    @classmethod
    def of_values(cls, values: Sequence[float | None]) -> Score:
        above = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return cls(above, np.ones_like(above))

    def minus(self, other: Score) -> Score:
        """The paired difference to another score of the same clips, of those that tell of both."""
        return Score(self.above - other.above, self.below)

    @property
    def left_out(self) -> int:
        return int(np.isnan(self.above).sum())

    def estimate(self) -> Estimate | None:
        """sum(above) / sum(below), its interval by resampling clips; None where no clip tells."""
        told = ~np.isnan(self.above)
        above, below = self.above[told], self.below[told]
        return bootstrap_ratio(above, below) if below.sum() > 0 else None
