"""A figure with what resamples say of its spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.bundle import Measured
from trainer.metrics.statistics.bootstrap import LEVEL


def measured(value: float, resampled: Sequence[float]) -> Measured:
    """`value` of a sample, with the 95 % interval of the same figure of resamples, moved to lie about it: resamples
    have twins, which look like information, and are nearer to one another than a new sample would be.
    """
    others = np.asarray(resampled, dtype=np.float64)
    low, high = (np.quantile(others, LEVEL) - others.mean() + value).tolist() if len(others) else (value, value)
    return Measured(value=value, low=low, high=high)


def show(one: Measured, digits: int = 3) -> str:
    """`0.953 [0.949, 0.957]`"""
    value, low, high = (f"{part:.{digits}f}" for part in (one.value, one.low, one.high))
    return f"{value} [{low}, {high}]"
