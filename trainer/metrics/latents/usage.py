"""Usage of each latent dimension: KL to the prior, spread and histogram of posterior means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.model import Posterior

ACTIVE_NATS = 0.01
"""A dimension with less KL per frame is inactive."""
ACTIVE_SD = 0.01
"""For a deterministic encoder, which has neither KL nor a scale: a dimension whose standard deviation over frames is
less than this share of the largest one of its module is inactive."""
HISTOGRAM_LOW, HISTOGRAM_HIGH, HISTOGRAM_BINS = -6.0, 6.0, 48
"""Bins of a quarter of a standard deviation of the prior, over the range of the sliders."""


@dataclass(frozen=True)
class Usage:
    """Usage of one module's dimensions over a corpus.

    `kl`: mean nats per frame [dims], None for a deterministic encoder. `mean`, `sd`: of the posterior mean over frames
    [dims]. `counts`: frames per bin from HISTOGRAM_LOW to HISTOGRAM_HIGH; the outer bins include values beyond
    [dims, HISTOGRAM_BINS]. `frame_rms`: root mean square of each frame's posterior mean [frames].
    """

    kl: NDArray[np.float64] | None
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    counts: NDArray[np.int64]
    frame_rms: NDArray[np.float64]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Active dimensions [dims]."""
        return self.sd > ACTIVE_SD * self.sd.max() if self.kl is None else self.kl > ACTIVE_NATS

    @property
    def frame_rms_quantiles(self) -> tuple[float, ...]:
        """Percentiles 0, 1 .. 100 of `frame_rms`."""
        return tuple(float(q) for q in np.quantile(self.frame_rms, np.linspace(0, 1, 101)))


def usage(posteriors: Sequence[Posterior]) -> Usage:
    """Usage of one module from its posteriors [dims, frames] of several clips; every frame has equal weight."""
    means = torch.cat([posterior.mean for posterior in posteriors], dim=1).double()
    kls = [kl for posterior in posteriors if (kl := posterior.kl()) is not None]
    mean_kl = torch.cat(kls, dim=1).double().mean(1).numpy() if kls else None
    return Usage(
        kl=mean_kl,
        mean=means.mean(1).numpy(),
        sd=means.std(1, correction=0).numpy(),
        counts=_counts(means),
        frame_rms=(means**2).mean(0).sqrt().numpy(),
    )


def _counts(means: Tensor) -> NDArray[np.int64]:
    """Histogram of each dimension of `means` [dims, frames] -> [dims, HISTOGRAM_BINS]."""
    within = means.clamp(HISTOGRAM_LOW, HISTOGRAM_HIGH)
    counts = [torch.histc(row, HISTOGRAM_BINS, HISTOGRAM_LOW, HISTOGRAM_HIGH) for row in within]
    return torch.stack(counts).long().numpy()
