"""Deep InfoMax with noise: a lower bound on the information between a context and later, noisy frames."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from trainer.config import DimNoiseConfig
from trainer.objectives.infonce import InfoNCE
from trainer.runtime import distributed


class DimNoiseLoss(nn.Module):
    """Minus a lower bound on I(f(X'); f(X) + Z) in nats, up to a constant (Butakov et al., arXiv 2410.06993, eq. 2).

    The optimal critic of Gaussian latents, log p(z | c) / p(z), is quadratic in both. Scores are therefore bilinear in
    latents and contexts to which their squares and a 1 are appended. The bound is InfoNCE, or Donsker-Varadhan:
    E[T] - log E[e^T] per prediction distance, the second mean over all anchors and negatives of the global batch.
    """

    def __init__(
        self, dims: int, distances: tuple[int, ...], objective: DimNoiseConfig, guard: int | None = None
    ) -> None:
        super().__init__()
        wide = 2 * dims + 1
        self.contrast = InfoNCE(wide, wide, distances, objective, guard)
        with torch.no_grad():  # squares start with weight 0: they are large, and e^T would overflow
            matrices = self.contrast.predict.weight.view(len(distances), wide, wide)
            matrices[:, dims:] = 0.0
            matrices[:, :, dims:] = 0.0
        self.donsker_varadhan = objective.bound == "donsker-varadhan"

    def draw_window(self, frames: int, generator: Generator) -> slice:
        """As of InfoNCE."""
        return self.contrast.draw_window(frames, generator)

    def forward(
        self, context: Tensor, latents: Tensor, generator: Generator, speed_ratio: Tensor | None = None
    ) -> Tensor:
        """`context` without noise and `latents` with noise, (B, D, L) each -> the loss, a scalar."""
        context, latents = _with_squares(context), _with_squares(latents)
        if not self.donsker_varadhan:
            loss: Tensor = self.contrast(context, latents, generator, speed_ratio)
            return loss
        positives, negatives, weights = self.contrast.scores(context, latents, generator, speed_ratio)
        weight = weights.view(1, -1, 1) / negatives.shape[2]
        # Subtracted for stability; the same on every rank, so that the mean over ranks is exact
        highest = distributed.all_gather(negatives.detach().amax().view(1)).max()
        mean_exp = distributed.mean(((negatives - highest).exp() * weight).sum() / len(positives))
        return -(positives * weights).sum() / len(positives) + mean_exp.log() + highest


def _with_squares(latents: Tensor) -> Tensor:
    """(B, D, L) -> (B, 2 D + 1, L): the latents, their squares and 1."""
    return torch.cat([latents, latents.square(), torch.ones_like(latents[:, :1])], dim=1)
