"""Reimplementation of the published training of SIM and GIM, as the baseline of the training benchmark.

PyTorch convolutions in float32, and separate negatives for every module, step k and anchor, gathered one by one (SIM,
arXiv 2408.12936; GIM, arXiv 1905.11786). Model, K, anchors, crop and optimiser are those of the preset.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import Config, ModuleConfig, ObjectiveConfig

NEGATIVES = 10
"""As published; this project uses more."""


class Module(nn.Module):
    """Convolutions and heads over (B, C, L)."""

    def __init__(self, inputs: int, module: ModuleConfig, probabilistic: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for conv in module.convs:
            layers += [nn.Conv1d(inputs, module.hidden, conv.kernel, conv.stride, conv.padding), nn.ReLU()]
            inputs = module.hidden
        self.convs = nn.Sequential(*layers)
        self.mean = nn.Conv1d(inputs, module.dims, 1)
        self.logvar = nn.Conv1d(inputs, module.dims, 1) if probabilistic else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        h = self.convs(x)
        return self.mean(h), None if self.logvar is None else self.logvar(h)


class Contrast(nn.Module):
    """InfoNCE with gathered negatives and `steps` predictions per frame."""

    def __init__(self, context: int, dims: int, steps: int) -> None:
        super().__init__()
        self.predict = nn.ModuleList(nn.Conv1d(context, dims, 1, bias=False) for _ in range(steps))

    def forward(self, context: Tensor, latents: Tensor) -> Tensor:
        """Loss of context (B, C, L) and latents (B, D, L)."""
        batch, dims, frames = latents.shape
        by_frame = latents.transpose(1, 2)
        pool = by_frame.reshape(batch * frames, dims)  # gathering whole frames is faster than gathering channels
        losses = []
        for step, predict in enumerate(self.predict, start=1):
            predicted = predict(context[:, :, :-step]).transpose(1, 2)
            drawn = torch.randint(batch * frames, (NEGATIVES, batch, frames - step))
            positives = (by_frame[:, step:] * predicted).sum(-1)
            negatives = (pool[drawn] * predicted).sum(-1)
            losses.append(-F.log_softmax(torch.cat([positives[None], negatives]), dim=0)[0].mean())
        return torch.stack(losses).mean()


class Reference(nn.Module):
    """Loss of all modules for crops (B, samples)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        objective, encoder = config.objective, config.encoder
        assert isinstance(objective, ObjectiveConfig)
        assert objective.prediction.unit == "frames"
        assert encoder.context is not None
        steps, dims = objective.prediction.steps, [module.dims for module in encoder.modules]
        inputs = [1, *dims[:-1]]
        self.beta, self.window = objective.beta, objective.window
        self.stack = nn.ModuleList(
            Module(channels, module, encoder.probabilistic)
            for channels, module in zip(inputs, encoder.modules, strict=True)
        )
        self.contrasts = nn.ModuleList(Contrast(count, count, steps) for count in dims)
        self.gru = nn.GRU(dims[-1], encoder.context.hidden, batch_first=True)
        self.context_contrast = Contrast(encoder.context.hidden, dims[-1], steps)

    def forward(self, waveform: Tensor) -> Tensor:
        x, losses = waveform[:, None], []
        for module, contrast, beta in zip(self.stack, self.contrasts, self.beta, strict=True):
            mean, logvar = module(x)
            if logvar is None:
                context = latents = mean
            else:
                deviation = (0.5 * logvar).exp()
                context = mean + deviation * torch.randn_like(deviation)
                latents = mean + deviation * torch.randn_like(deviation)
                kl = -0.5 * (1 + logvar - mean**2 - logvar.exp())
                losses.append(beta * kl.sum(1).mean())
            losses.append(self._contrast(contrast, context, latents))
            x = latents.detach()
        context, _ = self.gru(x.transpose(1, 2))
        losses.append(self._contrast(self.context_contrast, context.transpose(1, 2), x))
        return torch.stack(losses).sum()

    def _contrast(self, contrast: nn.Module, context: Tensor, latents: Tensor) -> Tensor:
        frames = latents.shape[2]
        window = frames if self.window is None else min(self.window, frames)
        start = int(torch.randint(frames - window + 1, ()))
        part = slice(start, start + window)
        loss: Tensor = contrast(context[:, :, part], latents[:, :, part])
        return loss
