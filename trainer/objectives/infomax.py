"""What SIM, GIM and CPC minimise: a contrast for each module, or one at the top, and KL to the prior; or, in place of
the KL, noise.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from trainer import geometry
from trainer.config import Config, DimNoiseConfig, ObjectiveConfig
from trainer.model import SIM, Posterior
from trainer.objectives.augmentation import make_views, partners
from trainer.objectives.dim_noise import NoisyContrast
from trainer.objectives.infonce import InfoNCE, prediction_frames
from trainer.objectives.pooled_infonce import PooledInfoNCE
from trainer.objectives.reparameterisation import Draws, draw


class ModuleLoss(NamedTuple):
    """One module's part: InfoNCE of frames and, where asked for, of means over time (nats), KL to N(0, I) (nats a
    frame, None where deterministic), and KL of each dimension [dims].
    """

    info_nce: Tensor
    pooled: Tensor | None
    kl: Tensor | None
    kl_per_dim: Tensor | None


class InfoMaxObjective(nn.Module):
    """The whole loss of a stack, as the sum of losses that share no weights: each module learns from its own alone,
    and so does the context network (SIM, arXiv 2408.12936, section 3).

    With `end_to_end` there is one contrast, of the top, and its gradient reaches all (CPC). With DimNoiseConfig there
    is no KL: contrasts find frames with noise from contexts without (Deep InfoMax, arXiv 2410.06993).
    """

    def __init__(self, config: Config, encoder: SIM) -> None:
        super().__init__()
        settings = config.objective
        assert isinstance(settings, ObjectiveConfig)
        self.encoder, self.beta, self.end_to_end = encoder, settings.beta, settings.end_to_end
        self.views, self.sample_rate = settings.views, config.sample_rate
        dims = [module.dims for module in config.encoder.modules]
        depths = geometry.stack(config.encoder, config.sample_rate)
        distances = [prediction_frames(settings, depth.hop_seconds) for depth in depths]
        modules = range(len(dims))
        if settings.end_to_end:
            modules = modules[len(dims) if config.encoder.context is not None else len(dims) - 1 :]
        self.noisy = isinstance(settings, DimNoiseConfig)
        self.contrasts = nn.ModuleDict({str(i): _contrast(dims[i], distances[i], settings) for i in modules})
        self.pooled, self.pooled_weight = nn.ModuleDict(), 0.0
        if settings.pooled is not None:
            self.pooled_weight = settings.pooled.weight
            self.pooled.update(
                {str(i): PooledInfoNCE(dims[i], settings.pooled, depths[i].hop_seconds) for i in modules}
            )
        self.context_contrast = (
            InfoNCE(config.encoder.context.hidden, dims[-1], distances[-1], settings)
            if config.encoder.context is not None
            else None
        )

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, list[ModuleLoss], Tensor | None]:
        """(B, samples) -> total loss, the part of each module that has its own, and the context network's InfoNCE
        (None without one).
        """
        pace = None
        if self.views is not None:
            waveform, rates = make_views(waveform, self.views, self.sample_rate, generator)
            pace = partners(rates) / rates
        x, parts, losses = waveform.unsqueeze(2), [], []
        for index, module in enumerate(self.encoder.stack):
            posterior: Posterior = module(x)
            if str(index) in self.contrasts:
                latents, part = self._module_loss(index, posterior, generator, pace)
                losses.append(part.info_nce)
                if part.pooled is not None:
                    losses.append(self.pooled_weight * part.pooled)
                if part.kl is not None and not self.noisy:
                    losses.append(self.beta[index] * part.kl)
                parts.append(part)
            else:
                latents = posterior.sample(generator)
            # In one network noise between its layers would be no part of what is maximised
            inside = posterior.mean if self.noisy else latents
            x = (inside if self.end_to_end else latents.detach()).mT
        context_loss = None
        if self.context_contrast is not None:
            window = self.context_contrast.window_of(x.shape[1], generator)
            context = self.encoder.contextualise(x.mT)[:, :, window]
            context = context if pace is None else partners(context)
            context_loss = self.context_contrast(context, x.mT[:, :, window], generator, pace)
            losses.append(context_loss)
        return torch.stack(losses).sum(), parts, context_loss

    def _module_loss(
        self, index: int, posterior: Posterior, generator: Generator, pace: Tensor | None
    ) -> tuple[Tensor, ModuleLoss]:
        """A draw from the posterior of one module, and the module's loss; with a `pace`, across views."""
        contrast = self.contrasts[str(index)]
        assert isinstance(contrast, InfoNCE | NoisyContrast)
        window = contrast.window_of(posterior.mean.shape[2], generator)
        latents, targets, context, per_dim = self._draw(posterior, window, generator)
        context = context if pace is None else partners(context)
        info_nce = contrast(context, targets, generator, pace)
        pooled = self.pooled[str(index)](context, targets, generator, pace) if self.pooled else None
        kl = None if per_dim is None else per_dim.sum()
        return latents, ModuleLoss(info_nce, pooled, kl, per_dim)

    def _draw(self, posterior: Posterior, window: slice, generator: Generator) -> Draws:
        if not self.noisy:
            return draw(posterior, window, generator)
        latents, kl = posterior.sample(generator), posterior.kl()
        per_dim = None if kl is None else kl.mean((0, 2))
        return Draws(latents, latents[..., window], posterior.mean[..., window], per_dim)


def _contrast(dims: int, distances: tuple[int, ...], settings: ObjectiveConfig) -> nn.Module:
    if isinstance(settings, DimNoiseConfig):
        return NoisyContrast(dims, distances, settings)
    return InfoNCE(dims, dims, distances, settings)
