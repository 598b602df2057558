"""The information between a context and later frames with noise, from below: what Deep InfoMax with noise maximises."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from trainer.config import DimNoiseConfig
from trainer.objectives.infonce import InfoNCE
from trainer.runtime import distributed


class NoisyContrast(nn.Module):
    """Minus a lower bound on I(f(X'); f(X) + Z), nats, up to a constant (Butakov et al., arXiv 2410.06993, eq. 2).

    The best critic for Gaussian latents, log p(z | c) / p(z), is quadratic in both, so scores are bilinear in latents
    and contexts that carry their squares and a 1 along. InfoNCE, or Donsker and Varadhan's E[T] - log E[e^T] for each
    distance, the second mean being over all anchors and negatives of the whole batch.
    """

    def __init__(self, dims: int, distances: tuple[int, ...], objective: DimNoiseConfig) -> None:
        super().__init__()
        wide = 2 * dims + 1
        self.contrast = InfoNCE(wide, wide, distances, objective)
        with torch.no_grad():  # squares begin unused: they are large, and e^T larger
            matrices = self.contrast.predict.weight.view(len(distances), wide, wide)
            matrices[:, dims:] = 0.0
            matrices[:, :, dims:] = 0.0
        self.donsker_varadhan = objective.bound == "donsker-varadhan"

    def window_of(self, frames: int, generator: Generator) -> slice:
        return self.contrast.window_of(frames, generator)

    def forward(self, context: Tensor, latents: Tensor, generator: Generator, pace: Tensor | None = None) -> Tensor:
        """context, without noise, and latents, with it (B, D, L) each -> the loss, a scalar."""
        context, latents = _with_squares(context), _with_squares(latents)
        if not self.donsker_varadhan:
            loss: Tensor = self.contrast(context, latents, generator, pace)
            return loss
        positives, negatives, shares = self.contrast.scores(context, latents, generator, pace)
        weight = shares.view(1, -1, 1) / negatives.shape[2]
        # The same on every process, or their means would not add up
        highest = distributed.gather(negatives.detach().amax().view(1)).max()
        apart = distributed.mean(((negatives - highest).exp() * weight).sum() / len(positives))
        return -(positives * shares).sum() / len(positives) + apart.log() + highest


def _with_squares(latents: Tensor) -> Tensor:
    """(B, D, L) -> (B, 2 D + 1, L)"""
    return torch.cat([latents, latents.square(), torch.ones_like(latents[:, :1])], dim=1)
