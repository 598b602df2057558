"""One module of the encoder: strided convolutions, then a Gaussian posterior for each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from trainer.config import EncoderConfig, ModuleConfig


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
        return 0.5 * (self.mean**2 + self.logvar.exp() - 1.0 - self.logvar)

    def sample(self, generator: Generator) -> Tensor:
        """One draw, z = mu + sigma eps (..., dims, frames); the mean itself where deterministic."""
        if self.logvar is None:
            return self.mean
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + (self.logvar / 2).exp() * noise

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


class EncoderModule(nn.Module):
    """Convolutions with ReLU (and batch norm), then parallel 1x1 convolutions for mean and log-variance (SIM, section
    3).
    """

    def __init__(self, inputs: int, module: ModuleConfig, encoder: EncoderConfig) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for layer in module.convs:
            blocks.append(nn.Conv1d(inputs, module.hidden, layer.kernel, layer.stride, layer.padding))
            if encoder.batch_norm:
                blocks.append(nn.BatchNorm1d(module.hidden))
            blocks.append(nn.ReLU())
            inputs = module.hidden
        self.convs = nn.Sequential(*blocks)
        self.mean = nn.Conv1d(module.hidden, module.dims, 1)
        self.logvar: nn.Conv1d | None = None
        if encoder.probabilistic:
            self.logvar = nn.Conv1d(module.hidden, module.dims, 1)
            assert self.logvar.bias is not None
            nn.init.constant_(self.logvar.bias, encoder.initial_logvar)
        self.logvar_range = encoder.logvar_range

    def forward(self, x: Tensor) -> Posterior:
        """(B, channels, frames in) -> posterior (B, dims, frames)."""
        h = self.convs(x)
        if self.logvar is None:
            return Posterior(self.mean(h).float(), None)
        return Posterior(self.mean(h).float(), self.logvar(h).float().clamp(*self.logvar_range))
