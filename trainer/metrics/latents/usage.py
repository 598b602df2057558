"""How much a model uses each dimension: KL to the prior, and what a step does to the decoded sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.audio.log_mel import LogMel
from trainer.model import Model, Posterior

ACTIVE_NATS = 0.01
"""A dimension with less KL a frame than this tells a decoder nothing."""
ACTIVE_SD = 0.01
"""For a deterministic encoder, which has no KL and no scale of its own: a dimension whose latent moves over frames less
than this share of what its module's liveliest does."""
SENSITIVITY_STEP = 1.0
HISTOGRAM_LOW, HISTOGRAM_HIGH, HISTOGRAM_BINS = -6.0, 6.0, 48
"""Quarters of a standard deviation of the prior, as far out as any slider need go."""


@dataclass(frozen=True)
class Usage:
    """One module over a corpus. `kl`: mean nats a frame of each dimension [dims], None where deterministic; `mean` and
    `sd`: of the posterior mean over frames [dims]; `counts`: its frames in each bin from HISTOGRAM_LOW to _HIGH, the
    first and last with what lies beyond [dims, HISTOGRAM_BINS]; `frame_rms`: root mean square of each frame's posterior
    mean [frames].
    """

    kl: NDArray[np.float64] | None
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    counts: NDArray[np.int64]
    frame_rms: NDArray[np.float64]

    @property
    def active(self) -> NDArray[np.bool_]:
        return self.sd > ACTIVE_SD * self.sd.max() if self.kl is None else self.kl > ACTIVE_NATS

    @property
    def frame_rms_quantiles(self) -> tuple[float, ...]:
        """Quantiles 0, 1 .. 100 %."""
        return tuple(float(q) for q in np.quantile(self.frame_rms, np.linspace(0, 1, 101)))


def usage(posteriors: Sequence[Posterior]) -> Usage:
    """The usage of one module from its posteriors [dims, frames] of many clips; every frame counts once."""
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
    """`means` [dims, frames] -> how many frames of each dimension lie in each bin [dims, HISTOGRAM_BINS]."""
    within = means.clamp(HISTOGRAM_LOW, HISTOGRAM_HIGH)
    counts = [torch.histc(row, HISTOGRAM_BINS, HISTOGRAM_LOW, HISTOGRAM_HIGH) for row in within]
    return torch.stack(counts).long().numpy()


def decoded_changes(
    model: Model, module: int, latents: Tensor, samples: int, moves: Sequence[tuple[int, float]]
) -> NDArray[np.float64]:
    """What each of `moves` (dimension, step added over the whole clip) does to the sound decoded from `latents`
    [dims, frames]: mean absolute change of its log-mel in dB [moves].
    """
    log_mel = LogMel(model.config.sample_rate)
    before = log_mel(model.decode(module, latents, samples))
    changes = np.empty(len(moves))
    for index, (dim, step) in enumerate(moves):
        moved = latents.clone()
        moved[dim] += step
        changes[index] = float((log_mel(model.decode(module, moved, samples)) - before).abs().mean())
    return changes


def sensitivity(
    model: Model, module: int, clips: Iterable[tuple[Tensor, int]], step: float = SENSITIVITY_STEP
) -> NDArray[np.float64]:
    """dB of decoded log-mel per unit of each dimension [dims]: the mean absolute change at +step and -step, over step,
    averaged over `clips` of (latents [dims, frames], samples).
    """
    moves = [(dim, sign * step) for dim in range(model.dims(module)) for sign in (1, -1)]
    changes = np.stack([decoded_changes(model, module, latents, samples, moves) for latents, samples in clips])
    slopes: NDArray[np.float64] = changes.reshape(len(changes), -1, 2).mean((0, 2)) / step
    return slopes
