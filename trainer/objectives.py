"""What training minimises: InfoNCE and KL for each module, reconstruction losses for a decoder."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer import distributed, geometry
from trainer.config import Config, DecoderLossConfig, ObjectiveConfig, TimeDistances
from trainer.features import LogMel
from trainer.model.posterior import Posterior
from trainer.model.sim import SIM


def prediction_frames(objective: ObjectiveConfig, hop_seconds: float) -> tuple[int, ...]:
    """The prediction distances k of a module, in its own frames. Raises ValueError where a distance in time is under
    half a hop.
    """
    if isinstance(objective.prediction, TimeDistances):
        frames = tuple(round(distance / hop_seconds) for distance in objective.prediction.distances)
        if min(frames) < 1:
            raise ValueError(
                f"objective.prediction: a distance is shorter than half the module's hop of {hop_seconds:g} s"
            )
        return frames
    return tuple(range(1, objective.prediction.steps + 1))


class InfoNCE(nn.Module):
    """Contrastive prediction of later frames (van den Oord et al., arXiv 1807.03748, eq. 4; per module as in SIM,
    section 3).

    f_k(t, j) = z_j' W_k c_t, one W_k without bias for each distance k; the loss is the mean over k and anchors t of
    -log( exp f_k(t, t+k) / (exp f_k(t, t+k) + sum over negatives j of exp f_k(t, j)) ), in nats. The negatives are
    frames drawn from the whole batch and shared by all anchors, so that they cost one matrix product. With n of them
    the loss is at most about ln(n + 1) for a useless predictor.
    """

    def __init__(self, context_dims: int, dims: int, distances: tuple[int, ...], objective: ObjectiveConfig) -> None:
        super().__init__()
        self.predict = nn.Linear(context_dims, dims * len(distances), bias=False)
        self.distances, self.negatives = distances, objective.negatives
        self.window, self.anchors = objective.window, objective.anchors
        self.scale = dims**-0.5 if objective.scale_scores else 1.0

    def window_of(self, frames: int, generator: Generator) -> Tensor:
        """Which of `frames` frames one step looks at: `objective.window` consecutive ones, or all [frames used]."""
        if self.window is None or frames <= self.window:
            return torch.arange(frames, device=generator.device)
        return _draw(frames - self.window + 1, 1, generator) + torch.arange(self.window, device=generator.device)

    def forward(self, context: Tensor, latents: Tensor, generator: Generator) -> Tensor:
        """context (B, C, L) and latents (B, D, L) -> the loss, a scalar. Raises ValueError when L leaves no anchor."""
        context, latents = context.mT, latents.mT
        batch, frames, dims = latents.shape
        candidates = frames - max(self.distances)
        if candidates < 1:
            raise ValueError(
                f"a crop of {frames} frames is too short to predict {max(self.distances)} frames ahead; "
                "raise training.crop_samples"
            )
        anchors = torch.arange(candidates, device=latents.device)
        if self.anchors is not None and self.anchors < candidates:
            anchors = torch.randperm(candidates, generator=generator, device=latents.device)[: self.anchors]
        predictions = self.predict(context[:, anchors]).view(batch, -1, dims)  # anchors x distances
        targets = (anchors[:, None] + torch.tensor(self.distances, device=latents.device)).flatten()
        # Scores with all frames of the clip, of which the targets' are kept: cheaper than gathering each target.
        positives = (predictions @ latents.mT).gather(2, targets.expand(batch, -1)[..., None])
        pool = distributed.gather(latents).reshape(-1, dims)
        negatives = pool[_draw(len(pool), self.negatives, generator)]
        logits = torch.cat([positives, predictions @ negatives.T], dim=-1).float() * self.scale
        return (logits.logsumexp(-1) - logits[..., 0]).mean()


def _draw(below: int, count: int, generator: Generator) -> Tensor:
    return torch.randint(below, (count,), generator=generator, device=generator.device)


class ModuleLoss(NamedTuple):
    """One module's part: InfoNCE (nats), KL to N(0, I) (nats a frame, None where deterministic), and KL of each
    dimension [dims].
    """

    info_nce: Tensor
    kl: Tensor | None
    kl_per_dim: Tensor | None


class SIMObjective(nn.Module):
    """The whole loss of a stack, as the sum of losses that share no weights: each module learns from its own alone."""

    def __init__(self, config: Config, encoder: SIM) -> None:
        super().__init__()
        self.encoder, self.beta = encoder, config.objective.beta
        depths = geometry.stack(config.encoder, config.sample_rate)
        dims = [module.dims for module in config.encoder.modules]
        distances = [prediction_frames(config.objective, depth.hop_seconds) for depth in depths]
        self.contrasts = nn.ModuleList(InfoNCE(d, d, k, config.objective) for d, k in zip(dims, distances, strict=True))
        self.context_contrast = (
            InfoNCE(config.encoder.context.hidden, dims[-1], distances[-1], config.objective)
            if config.encoder.context is not None
            else None
        )

    def forward(self, waveform: Tensor, generator: Generator) -> tuple[Tensor, list[ModuleLoss], Tensor | None]:
        """(B, samples) -> total loss, each module's part, and the context network's InfoNCE (None without one)."""
        x, parts = waveform.unsqueeze(2), []
        for module, contrast in zip(self.encoder.stack, self.contrasts, strict=True):
            posterior = module(x)
            latents = posterior.sample(generator)
            parts.append(_module_loss(contrast, posterior, latents, generator))
            x = latents.detach().mT
        total = torch.stack(
            [
                part.info_nce if part.kl is None else part.info_nce + beta * part.kl
                for part, beta in zip(parts, self.beta, strict=True)
            ]
        ).sum()
        context_loss = None
        if self.context_contrast is not None:
            context_loss = self.context_contrast(self.encoder.contextualise(x.mT), x.mT, generator)
            total = total + context_loss
        return total, parts, context_loss


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


class ReconstructionLoss(nn.Module):
    """Waveform mean squared error, L1 of log-mel in dB / 10, and multi-resolution STFT, each with its weight.

    The STFT term is, for windows of 16, 32 and 64 ms, spectral convergence plus L1 of log-magnitude (Yamamoto et al.,
    arXiv 1910.11480, eqs. 3-5).
    """

    WINDOWS_SECONDS = (0.016, 0.032, 0.064)
    _FLOOR = 1e-3

    def __init__(self, config: DecoderLossConfig, sample_rate: int) -> None:
        super().__init__()
        self.config, self.log_mel = config, LogMel(sample_rate)
        for index, seconds in enumerate(self.WINDOWS_SECONDS):
            self.register_buffer(f"window_{index}", torch.hann_window(round(seconds * sample_rate)), persistent=False)

    def forward(self, decoded: Tensor, original: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) each -> weighted total and the unweighted parts by name."""
        parts: dict[str, Tensor] = {}
        if self.config.waveform:
            parts["waveform"] = F.mse_loss(decoded, original)
        if self.config.log_mel:
            parts["log_mel"] = F.l1_loss(self.log_mel(decoded), self.log_mel(original)) / 10.0
        if self.config.stft:
            distances = [
                self._stft_distance(decoded, original, self.get_buffer(f"window_{i}"))
                for i in range(len(self.WINDOWS_SECONDS))
            ]
            parts["stft"] = torch.stack(distances).mean()
        total = torch.stack([getattr(self.config, name) * value for name, value in parts.items()]).sum()
        return total, parts

    def _stft_distance(self, decoded: Tensor, original: Tensor, window: Tensor) -> Tensor:
        ours, theirs = self._magnitude(decoded, window), self._magnitude(original, window)
        convergence = torch.linalg.norm(ours - theirs) / torch.linalg.norm(theirs).clamp_min(self._FLOOR)
        distance: Tensor = convergence + F.l1_loss(ours.log(), theirs.log())
        return distance

    def _magnitude(self, waveform: Tensor, window: Tensor) -> Tensor:
        size = len(window)
        spectrum = torch.stft(waveform, size, size // 4, window=window, pad_mode="constant", return_complex=True)
        return (spectrum.real**2 + spectrum.imag**2 + self._FLOOR**2).sqrt()
