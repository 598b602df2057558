"""Grouped samples of a normal distribution."""

from __future__ import annotations

import numpy as np

from trainer.metrics.prior.grouped_sample import GroupedSample

N, DIMS = 900, 4


def normal_sample(
    seed: int = 0, shift: float = 0.0, scale: float = 1.0, count: int = N, dims: int = DIMS
) -> GroupedSample:
    """`count` values of N(shift e_1, scale^2 I), three per clip."""
    values = scale * np.random.default_rng(seed).normal(size=(count, dims))
    values[:, 0] += shift
    return GroupedSample(values, np.arange(count) // 3)
