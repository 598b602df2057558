"""Speed of NMI and VI between all pairs of channels, on random posteriors in float32.

The baseline evaluates the formula for one pair at a time.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from trainer.metrics.ensembles.fingerprints import GaussianFingerprints
from trainer.metrics.ensembles.shared_information import shared_information

SAMPLES = 1000
_BASELINE_PAIRS = 20


def rows(sizes: tuple[int, ...] = (200, 2000)) -> Iterator[dict[str, Any]]:
    """One row per number of channels: seconds, microseconds per pair, speedup over the baseline, and the peak memory of
    the process in MB.
    """
    for channels in sizes:
        rng = np.random.default_rng(0)
        logvar = rng.uniform(-4, -1, size=(channels, 1)) + 0.1 * rng.normal(size=(channels, SAMPLES))
        mean = rng.normal(size=logvar.shape) * np.sqrt(1 - np.exp(np.minimum(logvar, -0.1)))
        single = _pair_by_pair(mean, logvar)
        began, used = time.perf_counter(), time.process_time()
        shared = shared_information(GaussianFingerprints(mean, logvar))
        nmi, vi = shared.nmi(), shared.vi()
        seconds, processor = time.perf_counter() - began, time.process_time() - used
        pairs = channels * (channels + 1) / 2
        yield {
            "channels": channels,
            "samples": SAMPLES,
            "threads": torch.get_num_threads(),
            "seconds": round(seconds, 2),
            "processor_seconds": round(processor, 2),
            "microseconds_a_pair": round(1e6 * seconds / pairs, 1),
            "ratio": round(single / (seconds / pairs), 1),
            "peak_mb": round(_peak_mb()),
            "mean_nmi": round(float(nmi[~np.eye(channels, dtype=np.bool_)].mean()), 5),
            "mean_vi": round(float(vi.mean()), 5),
        }


def _pair_by_pair(mean: np.ndarray[Any, Any], logvar: np.ndarray[Any, Any]) -> float:
    """Seconds per pair if each fingerprint is a full matrix."""
    parts = GaussianFingerprints(mean[:2], logvar[:2])
    every = torch.arange(SAMPLES)
    prints = torch.stack([parts.row(sample, every) for sample in range(SAMPLES)], dim=1)
    began = time.perf_counter()
    for _ in range(_BASELINE_PAIRS):
        (prints[0] * prints[1]).mean(1).log2().mean()
    return (time.perf_counter() - began) / _BASELINE_PAIRS


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
