"""Information of channels about the samples, and generalised NMI and VI of all pairs of channels, in bits.

Murphy, Dillavou and Bassett, arXiv 2405.21042. For hard clusterings they equal the usual NMI and VI; for soft ones the
entropy of a channel U is replaced by the information shared by two draws U, U' from one posterior,
2 I(X; U) - I(X; U, U'). Information is estimated by its lower bound -1/N sum_i log2(1/N sum_j e^(-D_ij)), which is at
most log2 N.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.metrics.ensembles.fingerprints import Fingerprints

Bits = NDArray[np.float64]
Codes = NDArray[np.int64]
_MIN_COEFFICIENT = 1e-18
_ROWS_AT_ONCE = 32
"""Rows multiplied before a logarithm is taken. For N < 10^8 samples a factor is at least 1 / N, and 10^-256 is a
normal double.
"""


@dataclass(frozen=True)
class SharedInformation:
    """`single` [channels]: I(X; U). `joint` [channels, channels]: I(X; U, V); on the diagonal I(X; U, U')."""

    single: Bits
    joint: Bits

    @property
    def entropy(self) -> Bits:
        """Information shared by two draws of each channel [channels], which takes the place of the entropy."""
        return 2 * self.single - np.diag(self.joint)

    @property
    def mutual(self) -> Bits:
        """I(U; V) = I(X; U) + I(X; V) - I(X; U, V) from the bounds [channels, channels]."""
        return self.single[:, None] + self.single - self.joint

    def nmi(self) -> Bits:
        """Normalised mutual information [channels, channels]: 1 for equal channels, 0 without shared information."""
        scale = np.sqrt(np.maximum(self.entropy[:, None] * self.entropy, 0))
        return np.divide(self.mutual, scale, out=np.zeros_like(self.joint), where=scale > 0)

    def vi(self) -> Bits:
        """Variation of information in bits [channels, channels]: 0 for equal channels."""
        draws = np.diag(self.joint)
        return 2 * self.joint - draws[:, None] - draws

    def subset(self, kept: Codes) -> SharedInformation:
        """The information of the channels `kept` only."""
        return SharedInformation(self.single[kept], self.joint[np.ix_(kept, kept)])


def shared_information(
    channels: Fingerprints, drawn: Codes | None = None, progress: Callable[[int], object] = lambda _: None
) -> SharedInformation:
    """Information of all pairs of `channels`, over all samples or the samples `drawn` [m], with repetition.

    One matrix product per sample, so memory grows with channels x (channels + samples). `progress` is called with the
    number of rows done.
    """
    samples, counts = np.unique(np.arange(channels.samples) if drawn is None else drawn, return_counts=True)
    others, weights = torch.from_numpy(samples), torch.from_numpy(counts)
    total = int(counts.sum())
    repeated = bool((counts > 1).any())
    size = channels.count
    sums = torch.zeros(size, size + 1, dtype=torch.float64)
    product = torch.ones_like(sums)
    factors = 0
    for sample, count in zip(samples.tolist(), counts.tolist(), strict=True):
        # Negligible next to the sample's own 1, but denormal products would take ten times as long
        row = torch.threshold_(channels.row(sample, others), _MIN_COEFFICIENT, 0.0)
        weighted = row * weights.to(row.dtype) if repeated else row
        # The last column is the mean coefficient of the channel alone
        means = torch.cat([row @ weighted.T, weighted.sum(1, keepdim=True)], dim=1).double() / total
        for _ in range(count):
            product *= means
            factors += 1
            if factors == _ROWS_AT_ONCE:
                sums += product.log2_()
                product.fill_(1)
                factors = 0
        progress(count)
    information = (-(sums + product.log2_()) / total).numpy()
    joint = information[:, :-1]
    return SharedInformation(information[:, -1].copy(), (joint + joint.T) / 2)
