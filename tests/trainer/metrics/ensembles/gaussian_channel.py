"""Channels with known information about a signal."""

from __future__ import annotations

import math

import numpy as np

N = 400


def gaussian_channel(
    rng: np.random.Generator, bits: float, signal: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance [N] of a channel with `bits` = 1/2 log2(1 / v) about a standard normal `signal`."""
    v = 2 ** (-2 * bits)
    signal = rng.normal(size=N) if signal is None else signal
    return math.sqrt(1 - v) * signal, np.full(N, math.log(v))


def stack_channels(*channels: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances [channels, N]."""
    return np.stack([one[0] for one in channels]), np.stack([one[1] for one in channels])
