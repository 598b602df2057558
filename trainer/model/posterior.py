"""What a module says of each frame: a Gaussian over its latent dimensions (SIM, arXiv 2408.12936, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from trainer.runtime import distributed


@dataclass(frozen=True)
class Posterior:
    """q(z | x) of each frame: mean and log-variance (..., dims, frames). `logvar` is None where the encoder is
    deterministic (GIM).
    """

    mean: Tensor
    logvar: Tensor | None

    def kl(self) -> Tensor | None:
        """KL(q || N(0, 1)) in nats of each dimension and frame (..., dims, frames): 0.5 (mu^2 + sigma^2 - 1 - log
        sigma^2).
        """
        if self.logvar is None:
            return None
        return (self.logvar.exp() - self.logvar).addcmul_(self.mean, self.mean).sub_(1).mul_(0.5)

    def sample(self, generator: Generator) -> Tensor:
        """One draw, z = mu + sigma eps (..., dims, frames); the mean itself where deterministic."""
        if self.logvar is None:
            return self.mean
        return self.mean + self.noise(generator) * (self.logvar / 2).exp()

    def noise(self, generator: Generator) -> Tensor:
        """Standard normal eps (..., dims, frames), drawn frame after frame, as modules lay out their output. Where
        several processes share a batch, the first axis is this one's share of it.
        """
        return distributed.randn(self.mean.mT.shape, generator, self.mean.device, self.mean.dtype).mT

    def __getitem__(self, index: int) -> Posterior:
        """One recording of a batch."""
        return Posterior(self.mean[index], None if self.logvar is None else self.logvar[index])

    def frames(self, begin: int, end: int | None) -> Posterior:
        """The frames from `begin` up to `end`."""
        return Posterior(self.mean[..., begin:end], None if self.logvar is None else self.logvar[..., begin:end])

    @staticmethod
    def joined(parts: Sequence[Posterior]) -> Posterior:
        """Posteriors that follow one another in time, as one."""
        if len(parts) == 1:
            return parts[0]
        logvars = [part.logvar for part in parts if part.logvar is not None]
        return Posterior(
            torch.cat([part.mean for part in parts], dim=-1), torch.cat(logvars, dim=-1) if logvars else None
        )
