"""Durations of repeated calls: median and 95th percentile, in ms."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

WARM_UP = 10


def milliseconds(work: Callable[[], object], repeats: int) -> dict[str, float]:
    """Median and 95th percentile of `repeats` calls after WARM_UP untimed ones, in ms."""
    for _ in range(WARM_UP):
        work()
    times = np.empty(repeats)
    for index in range(repeats):
        start = time.perf_counter()
        work()
        times[index] = time.perf_counter() - start
    return quantiles(times * 1000)


def quantiles(times: list[float] | NDArray[np.float64]) -> dict[str, float]:
    """Median and 95th percentile of `times` [n], in ms."""
    median, p95 = np.quantile(times, (0.5, 0.95))
    return {"median_ms": round(float(median), 2), "p95_ms": round(float(p95), 2)}
