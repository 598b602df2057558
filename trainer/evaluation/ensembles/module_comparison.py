"""Comparison of whole modules between models: all dimensions of a module as one channel."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from trainer.bundle import Estimate, ModuleComparison
from trainer.evaluation.ensembles.channel_comparison import MIN_BITS
from trainer.evaluation.ensembles.channel_samples import ChannelSamples
from trainer.metrics.ensembles.fingerprints import GaussianFingerprints, JointFingerprints
from trainer.metrics.ensembles.shared_information import shared_information

_RESAMPLES = 1000


def compare_modules(samples: ChannelSamples, models: int, seed: int = 0) -> list[ModuleComparison]:
    """One row per module that has at least MIN_BITS in two or more models; intervals from resampled models."""
    rows = []
    for module in sorted(set(samples.origin[:, 1].tolist())):
        of = [np.flatnonzero((samples.origin[:, 0] == m) & (samples.origin[:, 1] == module)) for m in range(models)]
        of = [each for each in of if len(each)]
        if len(of) < 2:
            continue
        every = np.concatenate(of)
        starts = np.cumsum([0, *map(len, of)])
        parts = GaussianFingerprints(samples.mean[every], samples.logvar[every])
        shared = shared_information(JointFingerprints(parts, [range(a, b) for a, b in pairwise(starts.tolist())]))
        informative = np.flatnonzero(shared.single >= MIN_BITS)
        if len(informative) < 2:  # NMI of two channels without information is rounding error
            continue
        shared = shared.subset(informative)
        rows.append(
            ModuleComparison(
                module=module,
                nmi=_mean_over_pairs(shared.nmi(), seed),
                vi=_mean_over_pairs(shared.vi(), seed),
                bits=float(shared.single.mean()),
                ceiling=math.log2(samples.mean.shape[1]),
            )
        )
    return rows


def _mean_over_pairs(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], seed: int) -> Estimate:
    """The mean of `values` [M, M] over all pairs of different models, with its interval from resampled models."""
    rng, count = np.random.default_rng(seed), len(values)

    def mean(drawn: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float | None:
        different = drawn[:, None] != drawn
        return float(values[np.ix_(drawn, drawn)][different].mean()) if different.any() else None

    found = [mean(rng.integers(count, size=count)) for _ in range(_RESAMPLES)]
    low, high = np.quantile([one for one in found if one is not None], (0.025, 0.975)).tolist()
    whole = mean(np.arange(count))
    assert whole is not None
    return Estimate(value=whole, low=low, high=high)
