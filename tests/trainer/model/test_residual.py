"""Residual convolutions of the encoder and the direct path of the spectral decoder."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from trainer.config import override, preset
from trainer.config.decoder import SpectralDecoderConfig
from trainer.geometry import encoder_geometry
from trainer.model import SIM
from trainer.model.decoder import SpectralDecoder
from trainer.model.encoder import Residual
from trainer.model.kernels.frame_conv import FrameConv

FRAMES = torch.arange(22.0).view(1, 11, 2)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_zero_residual_returns_mean_over_stride(stride: int) -> None:
    convolution = FrameConv(2, 2, stride + 2, stride, 1)
    for parameter in convolution.parameters():
        torch.nn.init.zeros_(parameter)
    kept = 11 // stride * stride
    expected = FRAMES[:, :kept].unfold(1, stride, stride).mean(-1)
    assert torch.equal(Residual(stride, convolution)(FRAMES), expected)


def test_frame_counts_of_demo_match_its_geometry() -> None:
    config = preset("demo")
    encoder, geometries = SIM(config).eval(), encoder_geometry(config.encoder, config.sample_rate)
    for samples in (8_000, 8_079, 8_081, 8_160, 8_239, 9_999):
        found = [posterior.mean.shape[2] for posterior in encoder(torch.zeros(1, samples))]
        assert found == [geometry.frames(samples) for geometry in geometries]


def test_residual_convolution_of_different_width_raises() -> None:
    modules = [module.model_dump() for module in preset("demo").encoder.modules]
    modules[1]["hidden"] = 128
    with pytest.raises(ValidationError, match=r"modules\[1\].*residual.*hidden"):
        override(preset("demo"), {"encoder.modules": modules})


def test_direct_path_adds_to_log_magnitude() -> None:
    """A direct path of ln 2 in each bin doubles the output."""
    config = SpectralDecoderConfig(width=8, blocks=1, direct=True)
    decoder = SpectralDecoder(config, dims=3, hop=80).eval()
    assert decoder.direct is not None
    with torch.no_grad():
        decoder.head.weight.zero_()
        decoder.head.bias.uniform_(-2, 2, generator=torch.Generator().manual_seed(0))
        decoder.direct.weight[:, 0] = 1 / decoder.direct.weight.shape[2]
        latents = torch.zeros(1, 3, 40)
        before = decoder(latents, 3_200)
        latents[:, 0] = math.log(2)
        torch.testing.assert_close(decoder(latents, 3_200), 2 * before)
    assert before.abs().max() > 0
