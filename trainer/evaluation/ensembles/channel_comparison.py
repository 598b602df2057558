"""Information shared by every pair of channels and labels at the same time points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.evaluation.ensembles.channel_samples import ChannelSamples
from trainer.metrics.ensembles.fingerprints import ConcatenatedFingerprints, GaussianFingerprints, LabelFingerprints
from trainer.metrics.ensembles.shared_information import SharedInformation, shared_information

MIN_BITS = 0.01
"""Channels with less information are dropped (Murphy et al., arXiv 2405.21042)."""
_BLOCK = 64
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ChannelComparison:
    """The channels `kept` of `samples`, the number of `dropped` ones, and `shared`: the information shared by each two
    channels and labels (labels last).
    """

    samples: ChannelSamples
    kept: Codes
    fingerprints: ConcatenatedFingerprints
    shared: SharedInformation
    dropped: int

    @property
    def count(self) -> int:
        """The number of channels kept."""
        return len(self.kept)

    def channels(self, shared: SharedInformation) -> SharedInformation:
        """`shared` without the labels."""
        return shared.subset(np.arange(self.count))


def compare_samples(samples: ChannelSamples) -> ChannelComparison:
    """Compare all informative channels with each other and with the labels."""
    kept = informative_channels(samples)
    labels = LabelFingerprints(np.stack(list(samples.labels.values())))
    both = ConcatenatedFingerprints(GaussianFingerprints(samples.mean[kept], samples.logvar[kept]), labels)
    with tqdm(total=both.samples, desc=f"{both.count} channels and labels", unit="sample", leave=False) as bar:
        shared = shared_information(both, progress=bar.update)
    return ChannelComparison(samples, kept, both, shared, len(samples.mean) - len(kept))


def informative_channels(samples: ChannelSamples) -> Codes:
    """Indices of the channels with at least MIN_BITS. Raises ValueError if there are fewer than two.

    Computed in blocks of channels, which bounds memory.
    """
    bits = []
    for first in range(0, len(samples.mean), _BLOCK):
        part = slice(first, first + _BLOCK)
        bits.append(shared_information(GaussianFingerprints(samples.mean[part], samples.logvar[part])).single)
    kept = np.flatnonzero(np.concatenate(bits) >= MIN_BITS)
    if len(kept) < 2:
        raise ValueError(f"fewer than two channels have {MIN_BITS} bits or more on these recordings")
    return kept
