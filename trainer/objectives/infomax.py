"""The objective of SIM, GIM and CPC: InfoNCE per module or at the top, plus KL to the prior or noise in its place."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from trainer.config import Config, DimNoiseConfig, ObjectiveConfig
from trainer.geometry import encoder_geometry
from trainer.model import SIM, Posterior
from trainer.objectives.augmentation import make_views, other_view
from trainer.objectives.dim_noise import DimNoiseLoss
from trainer.objectives.infonce import InfoNCE, guard_frames, prediction_frames
from trainer.objectives.pooled_infonce import PooledInfoNCE
from trainer.objectives.reparameterisation import PosteriorSamples, sample_posterior


class ModuleLoss(NamedTuple):
    """Losses of one module: InfoNCE of frames, InfoNCE of means over time if used (nats), KL to N(0, I) (nats per
    frame; None if deterministic), and the KL per dimension (D).
    """

    info_nce: Tensor
    pooled: Tensor | None
    kl: Tensor | None
    kl_per_dim: Tensor | None


class InfoMaxObjective(nn.Module):
    """Sum of losses that share no weights: each module, and the context network, learns from its own loss only (SIM,
    arXiv 2408.12936, section 3).

    With `end_to_end` there is one InfoNCE, at the top, and its gradient reaches all modules (CPC). With DimNoiseConfig
    there is no KL: noisy frames are predicted from contexts without noise (Deep InfoMax, arXiv 2410.06993).
    """

    def __init__(self, config: Config, encoder: SIM) -> None:
        super().__init__()
        settings = config.objective
        assert isinstance(settings, ObjectiveConfig)
        self.encoder, self.beta, self.end_to_end = encoder, settings.beta, settings.end_to_end
        self.augmentation, self.sample_rate = settings.augmentation, config.sample_rate
        dims = [module.dims for module in config.encoder.modules]
        geometries = encoder_geometry(config.encoder, config.sample_rate)
        distances = [prediction_frames(settings, one.hop_seconds) for one in geometries]
        guards = [guard_frames(settings, one.hop_seconds) for one in geometries]
        modules = range(len(dims))
        if settings.end_to_end:
            modules = modules[len(dims) if config.encoder.context is not None else len(dims) - 1 :]
        self.dim_noise = isinstance(settings, DimNoiseConfig)
        self.contrasts = nn.ModuleDict({str(i): _contrast(dims[i], distances[i], settings, guards[i]) for i in modules})
        self.pooled, self.pooled_weight = nn.ModuleDict(), 0.0
        if settings.pooled is not None:
            self.pooled_weight = settings.pooled.weight
            self.pooled.update(
                {str(i): PooledInfoNCE(dims[i], settings.pooled, geometries[i].hop_seconds) for i in modules}
            )
        self.context_contrast = (
            InfoNCE(config.encoder.context.hidden, dims[-1], distances[-1], settings, guards[-1])
            if config.encoder.context is not None
            else None
        )

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, list[ModuleLoss], Tensor | None]:
        """(B, samples) -> total loss, losses of each module that has its own, and InfoNCE of the context network (None
        without one).
        """
        speed_ratio = None
        if self.augmentation is not None:
            waveform, speeds = make_views(waveform, self.augmentation, self.sample_rate, generator)
            speed_ratio = other_view(speeds) / speeds
        x, parts, losses = waveform.unsqueeze(2), [], []
        for index, module in enumerate(self.encoder.stack):
            posterior: Posterior = module(x)
            if str(index) in self.contrasts:
                latents, part = self._module_loss(index, posterior, generator, speed_ratio)
                losses.append(part.info_nce)
                if part.pooled is not None:
                    losses.append(self.pooled_weight * part.pooled)
                if part.kl is not None and not self.dim_noise:
                    losses.append(self.beta[index] * part.kl)
                parts.append(part)
            else:
                latents = posterior.sample(generator)
            # End to end, noise between the modules is not part of the bound
            output = posterior.mean if self.dim_noise else latents
            x = (output if self.end_to_end else latents.detach()).mT
        context_loss = None
        if self.context_contrast is not None:
            context_loss = self._context_loss(self.context_contrast, x.mT, generator, speed_ratio)
            losses.append(context_loss)
        return torch.stack(losses).sum(), parts, context_loss

    def _context_loss(
        self, contrast: InfoNCE, latents: Tensor, generator: Generator, speed_ratio: Tensor | None
    ) -> Tensor:
        """InfoNCE of the context network over the last module's `latents` (B, D, L)."""
        window = contrast.draw_window(latents.shape[2], generator)
        context = self.encoder.contextualise(latents)[:, :, window]
        context = context if speed_ratio is None else other_view(context)
        loss: Tensor = contrast(context, latents[:, :, window], generator, speed_ratio)
        return loss

    def _module_loss(
        self, index: int, posterior: Posterior, generator: Generator, speed_ratio: Tensor | None
    ) -> tuple[Tensor, ModuleLoss]:
        """A sample of one module's posterior, and the module's losses; with a `speed_ratio`, across views."""
        contrast = self.contrasts[str(index)]
        assert isinstance(contrast, InfoNCE | DimNoiseLoss)
        window = contrast.draw_window(posterior.mean.shape[2], generator)
        latents, targets, context, kl_per_dim = self._sample(posterior, window, generator)
        context = context if speed_ratio is None else other_view(context)
        info_nce = contrast(context, targets, generator, speed_ratio)
        pooled = self.pooled[str(index)](context, targets, generator, speed_ratio) if self.pooled else None
        kl = None if kl_per_dim is None else kl_per_dim.sum()
        return latents, ModuleLoss(info_nce, pooled, kl, kl_per_dim)

    def _sample(self, posterior: Posterior, window: slice, generator: Generator) -> PosteriorSamples:
        if not self.dim_noise:
            return sample_posterior(posterior, window, generator)
        latents, kl = posterior.sample(generator), posterior.kl()
        kl_per_dim = None if kl is None else kl.mean((0, 2))
        return PosteriorSamples(latents, latents[..., window], posterior.mean[..., window], kl_per_dim)


def _contrast(dims: int, distances: tuple[int, ...], settings: ObjectiveConfig, guard: int | None) -> nn.Module:
    if isinstance(settings, DimNoiseConfig):
        return DimNoiseLoss(dims, distances, settings, guard)
    return InfoNCE(dims, dims, distances, settings, guard)
