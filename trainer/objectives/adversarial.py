"""LSGAN spectrogram discriminators with feature matching.

Least-squares GAN (Mao et al., arXiv 1611.04076, eq. 9 with a = 0, b = c = 1) on complex spectrograms with several
windows (as in EnCodec, arXiv 2210.13438, section 3.4).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import weight_norm

from trainer.config import AdversarialConfig
from trainer.objectives.spectra import compressed
from trainer.runtime import distributed

FeatureMaps = list[Tensor]
"""Outputs of each layer of a discriminator; the last is its decision, 1 for real and 0 for decoded."""


class SpectrogramDiscriminator(nn.Module):
    """Convolutions over the compressed complex spectrogram with one window."""

    window: Tensor

    def __init__(self, window: int, channels: int) -> None:
        super().__init__()
        shapes = (((7, 5), (2, 1)), ((5, 3), (2, 2)), ((5, 3), (2, 2)), ((3, 3), (1, 1)))
        inputs = [2, *[channels] * (len(shapes) - 1)]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(width, channels, kernel, stride, (kernel[0] // 2, kernel[1] // 2)))
            for width, (kernel, stride) in zip(inputs, shapes, strict=True)
        )
        self.output_conv = weight_norm(nn.Conv2d(channels, 1, 3, padding=1))
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.register_load_state_dict_pre_hook(_read_old_names)  # type: ignore[no-untyped-call]

    def forward(self, waveform: Tensor) -> FeatureMaps:
        """(B, samples) -> a feature map (B, channels, bands, frames) of each layer."""
        x = torch.view_as_real(compressed(waveform, self.window)).permute(0, 3, 1, 2)
        maps = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            maps.append(x)
        return [*maps, self.output_conv(x)]


class AdversarialParts(NamedTuple):
    """Losses of the decoder (`generator_loss`, and `matching` of feature maps) and of the discriminators."""

    generator_loss: Tensor
    matching: Tensor
    discriminator: Tensor


class AdversarialLoss(nn.Module):
    """The losses of decoder and discriminators together, so that one backward pass and one optimiser serve both.

    The decoder's losses have no gradient to the discriminators, and theirs none to the decoder.
    """

    def __init__(self, config: AdversarialConfig, sample_rate: int) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            SpectrogramDiscriminator(2 * round(seconds * sample_rate / 2), config.channels)
            for seconds in config.windows_seconds
        )

    def forward(self, decoded: Tensor, original: Tensor) -> AdversarialParts:
        """(B, samples) each -> the losses, each a mean over discriminators."""
        parts = [self._parts(discriminator, decoded, original) for discriminator in self.discriminators]
        return AdversarialParts(*(torch.stack(losses).mean() for losses in zip(*parts, strict=True)))

    def _parts(self, discriminator: nn.Module, decoded: Tensor, original: Tensor) -> AdversarialParts:
        real, discriminator_fake = discriminator(original), discriminator(decoded.detach())
        frozen = {name: value.detach() for name, value in discriminator.named_parameters()}
        generator_fake = functional_call(discriminator, frozen, (decoded,))
        distances = [
            _distance(fake, target.detach()) for fake, target in zip(generator_fake[:-1], real[:-1], strict=True)
        ]
        return AdversarialParts(
            generator_loss=(generator_fake[-1] - 1).square().mean(),
            matching=torch.stack(distances).mean(),
            discriminator=(real[-1] - 1).square().mean() + discriminator_fake[-1].square().mean(),
        )


def _distance(fake: Tensor, target: Tensor) -> Tensor:
    """L1 distance divided by the mean magnitude of `target` over the global batch."""
    return F.l1_loss(fake, target) / distributed.mean(target.abs().mean()).clamp_min(1e-6)


def _read_old_names(module: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Rename `verdict`, as older checkpoints call the last convolution, to `output_conv`."""
    for name in [name for name in state if name.startswith(f"{prefix}verdict.")]:
        state[f"{prefix}output_conv.{name.removeprefix(f'{prefix}verdict.')}"] = state.pop(name)
