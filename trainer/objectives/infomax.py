"""What SIM, GIM and CPC minimise: a contrast for each module, or one at the top, and KL to the prior."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from trainer import geometry
from trainer.config import Config, ObjectiveConfig
from trainer.model import SIM, Posterior
from trainer.objectives.contrast import InfoNCE, prediction_frames


class ModuleLoss(NamedTuple):
    """One module's part: InfoNCE (nats), KL to N(0, I) (nats a frame, None where deterministic), and KL of each
    dimension [dims].
    """

    info_nce: Tensor
    kl: Tensor | None
    kl_per_dim: Tensor | None


class InfoMaxObjective(nn.Module):
    """The whole loss of a stack, as the sum of losses that share no weights: each module learns from its own alone,
    and so does the context network (SIM, arXiv 2408.12936, section 3).

    With `end_to_end` there is one contrast, of the top, and its gradient reaches all (CPC).
    """

    def __init__(self, config: Config, encoder: SIM) -> None:
        super().__init__()
        settings = config.objective
        assert isinstance(settings, ObjectiveConfig)
        self.encoder, self.beta, self.end_to_end = encoder, settings.beta, settings.end_to_end
        dims = [module.dims for module in config.encoder.modules]
        distances = [
            prediction_frames(settings, depth.hop_seconds)
            for depth in geometry.stack(config.encoder, config.sample_rate)
        ]
        modules = range(len(dims))
        if settings.end_to_end:
            modules = modules[len(dims) if config.encoder.context is not None else len(dims) - 1 :]
        self.contrasts = nn.ModuleDict({str(i): InfoNCE(dims[i], dims[i], distances[i], settings) for i in modules})
        self.context_contrast = (
            InfoNCE(config.encoder.context.hidden, dims[-1], distances[-1], settings)
            if config.encoder.context is not None
            else None
        )

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, list[ModuleLoss], Tensor | None]:
        """(B, samples) -> total loss, the part of each module that has its own, and the context network's InfoNCE
        (None without one).
        """
        x, parts, losses = waveform.unsqueeze(2), [], []
        for index, module in enumerate(self.encoder.stack):
            posterior: Posterior = module(x)
            latents = posterior.sample(generator)
            if str(index) in self.contrasts:
                part = _module_loss(self.contrasts[str(index)], posterior, latents, generator)
                losses.append(part.info_nce if part.kl is None else part.info_nce + self.beta[index] * part.kl)
                parts.append(part)
            x = (latents if self.end_to_end else latents.detach()).mT
        context_loss = None
        if self.context_contrast is not None:
            context_loss = self.context_contrast(self.encoder.contextualise(x.mT), x.mT, generator)
            losses.append(context_loss)
        return torch.stack(losses).sum(), parts, context_loss


def _module_loss(contrast: nn.Module, posterior: Posterior, latents: Tensor, generator: Generator) -> ModuleLoss:
    """The loss of one module from its posterior and a draw from it, `latents`."""
    assert isinstance(contrast, InfoNCE)
    window = contrast.window_of(latents.shape[2], generator)
    # A second draw: the context must not share the noise of the frame it is asked to find.
    context = posterior.at(window).sample(generator)
    info_nce = contrast(context, latents[:, :, window], generator)
    kl = posterior.kl()
    if kl is None:
        return ModuleLoss(info_nce, None, None)
    per_dim = kl.mean((0, 2))
    return ModuleLoss(info_nce, per_dim.sum(), per_dim)
