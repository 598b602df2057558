"""Autoregressive test signals."""

from __future__ import annotations

import math

import numpy as np


def autoregressive(rng: np.random.Generator, phi: float, frames: int) -> np.ndarray:
    """x_t = phi x_(t-1) + noise, with variance 1 [frames]."""
    x, noise = np.empty(frames), math.sqrt(1 - phi**2) * rng.normal(size=frames)
    x[0] = rng.normal()
    for t in range(1, frames):
        x[t] = phi * x[t - 1] + noise[t]
    return x
