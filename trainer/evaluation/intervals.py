"""Confidence intervals from the values of resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.bundle import Estimate
from trainer.metrics.statistics.bootstrap import INTERVAL_QUANTILES


def resampled_interval(value: float, resampled: Sequence[float]) -> Estimate:
    """`value` with the 95 % interval of the same statistic of resamples, shifted to be centred on `value`.

    Resamples contain duplicates. These bias statistics of information upwards, so the unshifted interval would not
    contain the value.
    """
    others = np.asarray(resampled, dtype=np.float64)
    low, high = (
        (np.quantile(others, INTERVAL_QUANTILES) - others.mean() + value).tolist() if len(others) else (value, value)
    )
    return Estimate(value=value, low=low, high=high)
