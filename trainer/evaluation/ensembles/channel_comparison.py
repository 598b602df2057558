"""Channels and labels over the same moments, and what each two of them share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.evaluation.ensembles.channel_samples import Samples
from trainer.metrics.ensembles.fingerprints import GaussianFingerprints, LabelFingerprints, Together
from trainer.metrics.ensembles.shared_information import Shared, shared_information

LEAST_BITS = 0.01
"""Channels that tell less are dropped (Murphy et al., arXiv 2405.21042)."""
_BLOCK = 64
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """The channels kept, `kept` of those in `samples`, and what they and the labels share, labels last."""

    samples: Samples
    kept: Codes
    fingerprints: Together
    shared: Shared
    dropped: int

    @property
    def count(self) -> int:
        return len(self.kept)

    def channels(self, shared: Shared) -> Shared:
        """The part of `shared` that is of channels."""
        return shared.part(np.arange(self.count))


def share(samples: Samples) -> Compared:
    """Drop the channels that tell next to nothing, and compare the rest, with the labels."""
    kept = told_channels(samples)
    labels = LabelFingerprints(np.stack(list(samples.labels.values())))
    both = Together(GaussianFingerprints(samples.mean[kept], samples.logvar[kept]), labels)
    with tqdm(total=both.samples, desc=f"{both.count} channels and labels", unit="sample", leave=False) as bar:
        shared = shared_information(both, told=bar.update)
    return Compared(samples, kept, both, shared, len(samples.mean) - len(kept))


def told_channels(samples: Samples) -> Codes:
    """The channels that tell LEAST_BITS or more, looked at a few at a time. Raises ValueError where fewer than two
    do.
    """
    bits = []
    for first in range(0, len(samples.mean), _BLOCK):
        part = slice(first, first + _BLOCK)
        bits.append(shared_information(GaussianFingerprints(samples.mean[part], samples.logvar[part])).single)
    kept = np.flatnonzero(np.concatenate(bits) >= LEAST_BITS)
    if len(kept) < 2:
        raise ValueError(f"fewer than two channels tell {LEAST_BITS} bits or more of these recordings")
    return kept
