"""OnnxDecoder equals the SpectralDecoder it is made from."""

from __future__ import annotations

import pytest
import torch

from trainer.config import Config, override, preset
from trainer.model import Model
from trainer.model.decoder import SpectralDecoder
from trainer.model.kernels.onnx_decoder import OnnxDecoder


def model_with_random_decoder(config: Config, module: int) -> tuple[Model, SpectralDecoder]:
    """A model whose decoder has no weight at its initial value, so that an omitted weight changes the output."""
    torch.manual_seed(0)
    model = Model(config)
    decoder = model.add_decoder(module)
    assert isinstance(decoder, SpectralDecoder)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval(), decoder


@pytest.mark.parametrize("module", [1, 3])
@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("scale", [1.0, 8.0])
def test_output_equals_torch_decoder(module: int, direct: bool, scale: float) -> None:
    model, decoder = model_with_random_decoder(override(preset("demo"), {"decoder.direct": direct}), module)
    onnx = OnnxDecoder(decoder)
    assert (onnx.frames_per_hop, onnx.hop) == (decoder.frames_per_hop, decoder.hop)
    assert onnx.receptive_field == decoder.receptive_field
    hop = model.geometry[module - 1].hop
    with torch.inference_mode():
        for frames in (1, 2, 7, 100, 1500):
            latents = scale * torch.randn(2, model.dims(module), frames)
            for samples in (frames * hop, frames * hop - hop // 2):
                expected = decoder(latents, samples)
                assert expected.shape == (2, samples)
                rms = float(expected.square().mean().sqrt())
                torch.testing.assert_close(onnx(latents, samples), expected, atol=1e-4 * rms + 1e-7, rtol=1e-3)


def test_output_is_deterministic_after_other_inputs() -> None:
    model, decoder = model_with_random_decoder(preset("demo"), 2)
    onnx, latents = OnnxDecoder(decoder), torch.randn(1, model.dims(2), 60)
    with torch.inference_mode():
        first = onnx(latents, 9600)
        onnx(torch.randn(1, model.dims(2), 2000), 320_000)
        assert torch.equal(onnx(latents, 9600), first)
        assert torch.equal(OnnxDecoder(decoder)(latents, 9600), first)


def test_optimised_model_decodes_as_before_with_both_decoder_kinds() -> None:
    for name, uses_onnx in (("demo", True), ("sim", False)):
        torch.manual_seed(0)
        model = Model(preset(name))
        model.add_decoder(2)
        latents = torch.randn(model.dims(2), 30)
        before = model.eval().decode(2, latents)
        assert isinstance(model.optimise_for_inference().decoders["2"], OnnxDecoder) == uses_onnx
        torch.testing.assert_close(model.decode(2, latents), before, atol=1e-5, rtol=1e-3)
