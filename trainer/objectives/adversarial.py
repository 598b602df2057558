"""A listener that learns to tell decoded speech from recorded speech, and the decoder's reward for misleading it.

Least squares (Mao et al., arXiv 1611.04076, eq. 9 with a = 0, b = c = 1) on discriminators over complex spectrograms of
several windows (as in EnCodec, arXiv 2210.13438, section 3.4), with feature matching.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import weight_norm

from trainer.config import AdversarialConfig
from trainer.objectives.spectra import compressed
from trainer.runtime import distributed

Maps = list[Tensor]
"""What each layer of a discriminator makes of sounds; the last is its verdict, 1 for recorded."""


class SpectrogramDiscriminator(nn.Module):
    """Convolutions over the compressed complex spectrogram of one window."""

    window: Tensor

    def __init__(self, window: int, channels: int) -> None:
        super().__init__()
        shapes = (((7, 5), (2, 1)), ((5, 3), (2, 2)), ((5, 3), (2, 2)), ((3, 3), (1, 1)))
        inputs = [2, *[channels] * (len(shapes) - 1)]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(given, channels, kernel, stride, (kernel[0] // 2, kernel[1] // 2)))
            for given, (kernel, stride) in zip(inputs, shapes, strict=True)
        )
        self.verdict = weight_norm(nn.Conv2d(channels, 1, 3, padding=1))
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, waveform: Tensor) -> Maps:
        """(B, samples) -> a map (B, channels, bands, frames) of every layer."""
        x = torch.view_as_real(compressed(waveform, self.window)).permute(0, 3, 1, 2)
        maps = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            maps.append(x)
        return [*maps, self.verdict(x)]


class AdversarialParts(NamedTuple):
    """What the decoder minimises (`deceit`, and `matching` of the layers' maps), and what the discriminators do."""

    deceit: Tensor
    matching: Tensor
    discriminator: Tensor


class AdversarialLoss(nn.Module):
    """All three losses at once, so that one backward pass and one optimiser serve both sides: the decoder's gradient
    reaches no discriminator, theirs not the decoder.
    """

    def __init__(self, config: AdversarialConfig, sample_rate: int) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            SpectrogramDiscriminator(2 * round(seconds * sample_rate / 2), config.channels)
            for seconds in config.windows_seconds
        )

    def forward(self, decoded: Tensor, original: Tensor) -> AdversarialParts:
        """(B, samples) each -> the losses, each the mean over discriminators."""
        found = [self._of_one(part, decoded, original) for part in self.discriminators]
        return AdversarialParts(*(torch.stack(losses).mean() for losses in zip(*found, strict=True)))

    def _of_one(self, discriminator: nn.Module, decoded: Tensor, original: Tensor) -> AdversarialParts:
        real, unmasked = discriminator(original), discriminator(decoded.detach())
        still = {name: value.detach() for name, value in discriminator.named_parameters()}
        heard = functional_call(discriminator, still, (decoded,))
        matching = [_distance(ours, theirs.detach()) for ours, theirs in zip(heard[:-1], real[:-1], strict=True)]
        return AdversarialParts(
            deceit=(heard[-1] - 1).square().mean(),
            matching=torch.stack(matching).mean(),
            discriminator=(real[-1] - 1).square().mean() + unmasked[-1].square().mean(),
        )


def _distance(ours: Tensor, theirs: Tensor) -> Tensor:
    """Mean absolute difference, in units of the mean magnitude over the whole batch."""
    return F.l1_loss(ours, theirs) / distributed.mean(theirs.abs().mean()).clamp_min(1e-6)
