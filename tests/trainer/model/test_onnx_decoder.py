"""Decoders as ONNX Runtime runs them: the same sounds, of any length, within the same bounds."""

from __future__ import annotations

import pytest
import torch

from trainer.config import Config, override, preset
from trainer.model import Model
from trainer.model.decoder import SpectralDecoder
from trainer.model.kernels.onnx_decoder import GraphDecoder


def taught(config: Config, module: int) -> tuple[Model, SpectralDecoder]:
    """A model with a decoder whose weights are all other than fresh: what is left out would be heard."""
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
def test_they_sound_the_same(module: int, direct: bool, scale: float) -> None:
    model, decoder = taught(override(preset("demo"), {"decoder.direct": direct}), module)
    graph = GraphDecoder(decoder)
    assert (graph.grain, graph.grain_samples, graph.reach) == (decoder.grain, decoder.grain_samples, decoder.reach)
    hop = model.geometry[module - 1].hop
    with torch.inference_mode():
        for frames in (1, 2, 7, 100, 1500):
            latents = scale * torch.randn(2, model.dims(module), frames)
            for samples in (frames * hop, frames * hop - hop // 2):
                wanted = decoder(latents, samples)
                assert wanted.shape == (2, samples)
                loudness = float(wanted.square().mean().sqrt())
                torch.testing.assert_close(graph(latents, samples), wanted, atol=1e-4 * loudness + 1e-7, rtol=1e-3)


def test_the_same_latents_give_the_same_bytes_whatever_came_between() -> None:
    model, decoder = taught(preset("demo"), 2)
    graph, latents = GraphDecoder(decoder), torch.randn(1, model.dims(2), 60)
    with torch.inference_mode():
        first = graph(latents, 9600)
        graph(torch.randn(1, model.dims(2), 2000), 320_000)
        assert torch.equal(graph(latents, 9600), first)
        assert torch.equal(GraphDecoder(decoder)(latents, 9600), first)


def test_a_fused_model_decodes_as_before_with_every_kind_of_decoder() -> None:
    for kind, faster in (("demo", True), ("sim", False)):
        torch.manual_seed(0)
        model = Model(preset(kind))
        model.add_decoder(2)
        latents = torch.randn(model.dims(2), 30)
        before = model.eval().decode(2, latents)
        assert isinstance(model.fuse().decoders["2"], GraphDecoder) == faster
        torch.testing.assert_close(model.decode(2, latents), before, atol=1e-5, rtol=1e-3)
