"""Gaussian posterior over the latent dimensions of each frame (SIM, arXiv 2408.12936, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from trainer.runtime import distributed


@dataclass(frozen=True)
class Posterior:
    """q(z | x) per frame: mean and log-variance (..., D, L). `logvar` is None for a deterministic encoder (GIM)."""

    mean: Tensor
    logvar: Tensor | None

    def kl(self) -> Tensor | None:
        """KL(q || N(0, 1)) in nats per dimension and frame (..., D, L): 0.5 (mu^2 + sigma^2 - 1 - log sigma^2)."""
        if self.logvar is None:
            return None
        return (self.logvar.exp() - self.logvar).addcmul_(self.mean, self.mean).sub_(1).mul_(0.5)

    def sample(self, generator: Generator) -> Tensor:
        """One sample z = mu + sigma eps (..., D, L); the mean if the encoder is deterministic."""
        if self.logvar is None:
            return self.mean
        return self.mean + self.noise(generator) * (self.logvar / 2).exp()

    def noise(self, generator: Generator) -> Tensor:
        """Standard normal eps (..., D, L), drawn frame by frame, as modules lay out their output in memory.

        In a distributed run each rank gets its slice of the batch (first axis) of one common draw.
        """
        return distributed.randn(self.mean.mT.shape, generator, self.mean.device, self.mean.dtype).mT

    def __getitem__(self, index: int) -> Posterior:
        """The posterior of one recording of the batch."""
        return Posterior(self.mean[index], None if self.logvar is None else self.logvar[index])

    def frames(self, begin: int, end: int | None) -> Posterior:
        """Frames `begin` to `end` (exclusive; None is the last)."""
        return Posterior(self.mean[..., begin:end], None if self.logvar is None else self.logvar[..., begin:end])

    @staticmethod
    def concatenate(parts: Sequence[Posterior]) -> Posterior:
        """Consecutive posteriors (..., D, L1), (..., D, L2), ... as one (..., D, L1 + L2 + ...)."""
        if len(parts) == 1:
            return parts[0]
        logvars = [part.logvar for part in parts if part.logvar is not None]
        return Posterior(
            torch.cat([part.mean for part in parts], dim=-1), torch.cat(logvars, dim=-1) if logvars else None
        )
