"""What channels tell of the samples, and how much of it any two of them share: generalised NMI and VI, in bits.

Murphy, Dillavou and Bassett, arXiv 2405.21042. Of hard clusterings they are exactly the usual ones; of soft ones the
entropy of a channel U is replaced by what two draws U, U' from one posterior share, 2 I(X; U) - I(X; U, U').
Information is bounded from below by the mean of -log2 of a sample's mean coefficient, and by log2 N from above.
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
_NOTHING = 1e-18
_ROWS_AT_ONCE = 32
"""Rows multiplied before one logarithm is taken: of N < 10^8 samples each is at least 1 / N, and 10^-256 a number."""


@dataclass(frozen=True)
class Shared:
    """`single` [channels]: I(X; U); `joint` [channels, channels]: I(X; U, V), on the diagonal of two draws from one
    channel, I(X; U, U').
    """

    single: Bits
    joint: Bits

    @property
    def own(self) -> Bits:
        """What two draws of each channel share [channels]: the place of its entropy."""
        return 2 * self.single - np.diag(self.joint)

    @property
    def mutual(self) -> Bits:
        """I(U; V) as the bounds have it, I1 + I2 - I12 [channels, channels]."""
        return self.single[:, None] + self.single - self.joint

    def nmi(self) -> Bits:
        """[channels, channels], 1 for channels that tell the same, 0 for such as share nothing or tell nothing."""
        scale = np.sqrt(np.maximum(self.own[:, None] * self.own, 0))
        return np.divide(self.mutual, scale, out=np.zeros_like(self.joint), where=scale > 0)

    def vi(self) -> Bits:
        """Variation of information, bits [channels, channels]: 0 for channels that tell the same."""
        draws = np.diag(self.joint)
        return 2 * self.joint - draws[:, None] - draws

    def part(self, kept: Codes) -> Shared:
        """Of the channels `kept` alone."""
        return Shared(self.single[kept], self.joint[np.ix_(kept, kept)])


def shared_information(
    channels: Fingerprints, drawn: Codes | None = None, told: Callable[[int], object] = lambda _: None
) -> Shared:
    """Of all pairs of `channels`, over all their samples, or those `drawn` [m], which may come more than once.

    One matrix product a sample, so that memory grows with channels x (channels + samples) alone; `told` is called with
    the number of rows done.
    """
    samples, counts = np.unique(np.arange(channels.samples) if drawn is None else drawn, return_counts=True)
    of, weights = torch.from_numpy(samples), torch.from_numpy(counts)
    total = int(counts.sum())
    repeated = bool((counts > 1).any())
    size = channels.count
    sums = torch.zeros(size, size + 1, dtype=torch.float64)
    product = torch.ones_like(sums)
    held = 0
    for sample, count in zip(samples.tolist(), counts.tolist(), strict=True):
        # Nothing beside the sample's own 1; but with products too small for float32 it takes ten times as long
        row = torch.threshold_(channels.row(sample, of), _NOTHING, 0.0)
        weighted = row * weights.to(row.dtype) if repeated else row
        # The last column is the coefficient's mean by itself
        means = torch.cat([row @ weighted.T, weighted.sum(1, keepdim=True)], dim=1).double() / total
        for _ in range(count):
            product *= means
            held += 1
            if held == _ROWS_AT_ONCE:
                sums += product.log2_()
                product.fill_(1)
                held = 0
        told(count)
    found = (-(sums + product.log2_()) / total).numpy()
    joint = found[:, :-1]
    return Shared(found[:, -1].copy(), (joint + joint.T) / 2)
