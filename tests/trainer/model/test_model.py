"""Encoder, posterior, decoders and Model."""

import numpy as np
import pytest
import torch

from trainer.config import Config, PaperDecoderConfig, override, preset
from trainer.model import SIM, Model, Posterior
from trainer.objectives import InfoMaxObjective, SupervisedObjective


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def narrow_paper(name: str) -> dict[str, object]:
    """Overrides that make one of the paper's presets narrow enough for a test."""
    tree = preset(name).model_dump()
    modules = [{**module, "hidden": 16, "dims": 8} for module in tree["encoder"]["modules"]]
    return {"encoder.modules": modules, "decoder.channels": 8, "encoder.context": {"hidden": 6}}


@pytest.mark.parametrize("name", ["demo", "tiny", "sim", "gim"])
def test_no_gradient_crosses_module_borders(name: str) -> None:
    config = (
        preset(name)
        if name == "tiny"
        else override(preset(name), narrow_paper(name))
        if name != "demo"
        else preset("demo")
    )
    encoder = SIM(config)
    objective = InfoMaxObjective(config, encoder)
    _, parts, context = objective(torch.randn(2, 10_240, generator=generator()) * 0.1, generator())
    losses = [part.info_nce if part.kl is None else part.info_nce + 0.1 * part.kl for part in parts]
    for index, loss in enumerate(losses):
        objective.zero_grad()
        loss.backward(retain_graph=True)
        for other, module in enumerate(encoder.stack):
            has_gradient = any(
                weight.grad is not None and weight.grad.abs().max() > 0 for weight in module.parameters()
            )
            assert has_gradient == (other == index), f"loss of module {index + 1}, weights of module {other + 1}"
    if context is not None:
        objective.zero_grad()
        context.backward()
        assert all(weight.grad is None or weight.grad.abs().max() == 0 for weight in encoder.stack.parameters())
        assert all(weight.grad is not None for weight in encoder.context.parameters())


def narrow(name: str) -> Config:
    return override(preset(name), narrow_paper(name))


def test_cpc_gradient_reaches_first_module() -> None:
    config = narrow("cpc")
    objective = InfoMaxObjective(config, SIM(config))
    loss, parts, context = objective(torch.randn(2, 10_240, generator=generator()) * 0.1, generator())
    assert parts == []
    assert torch.equal(loss, context)
    loss.backward()
    assert all(weight.grad.abs().max() > 0 for weight in objective.parameters())


def test_supervised_gradient_reaches_every_module() -> None:
    config = narrow("supervised")
    objective = SupervisedObjective(config, SIM(config), 5)
    crops = torch.randn(4, 10_240, generator=generator()) * 0.1
    loss, accuracy = objective((crops, torch.tensor([0, 1, 2, 4])), generator())
    assert loss.item() == pytest.approx(np.log(5), abs=0.3)
    assert 0 <= accuracy.item() <= 1
    loss.backward()
    assert all(weight.grad.abs().max() > 0 for weight in objective.parameters())


def test_kl_equals_torch_closed_form() -> None:
    mean, logvar = torch.randn(3, 5, generator=generator()), torch.randn(3, 5, generator=generator(1))
    normal = torch.distributions.Normal(mean, (logvar / 2).exp())
    expected = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0))
    assert torch.allclose(Posterior(mean, logvar).kl(), expected, atol=1e-6)
    assert Posterior(torch.zeros(2, 2), torch.zeros(2, 2)).kl().abs().max() == 0


def test_sample_has_posterior_mean_and_variance() -> None:
    posterior = Posterior(torch.full((1, 200_000), 1.5), torch.full((1, 200_000), -1.0))
    sample = posterior.sample(generator())
    assert sample.mean().item() == pytest.approx(1.5, abs=0.01)
    assert sample.var().item() == pytest.approx(np.exp(-1.0), rel=0.02)
    assert torch.equal(sample, posterior.sample(generator()))


def test_gim_is_deterministic() -> None:
    model = Model(override(preset("gim"), narrow_paper("gim"))).eval()
    posterior = model.encode(np.zeros(4000, dtype=np.float32))[0]
    assert posterior.logvar is None
    assert posterior.kl() is None
    assert torch.equal(posterior.sample(generator()), posterior.mean)


def test_parameter_counts_of_presets() -> None:
    sim = SIM(preset("sim"))
    assert sum(weight.numel() for weight in sim.stack.parameters()) > 5e6
    assert sim.context.hidden_size == 256
    demo = sum(weight.numel() for weight in SIM(preset("demo")).parameters())
    assert demo < 5e5


@pytest.mark.parametrize("kind", ["spectral", "paper"])
@pytest.mark.parametrize("samples", [41, 159, 160, 161, 3999, 10_240, 16_001])
def test_decode_has_requested_length(kind: str, samples: int) -> None:
    config = preset("tiny") if kind == "spectral" else override(preset("sim"), narrow_paper("sim"))
    model = Model(config)
    for module in (1, 2, 3):
        model.add_decoder(module)
    model.eval()
    for module, posterior in enumerate(model.encode(np.random.default_rng(0).normal(size=samples)), start=1):
        assert model.decode(module, posterior.mean, samples).shape == (samples,)


def test_decode_of_single_frame_and_of_extreme_latents_is_finite() -> None:
    model = Model(preset("tiny"))
    for module in (1, 2, 3):
        model.add_decoder(module)
    model.eval()
    for module in (1, 2, 3):
        assert model.decode(module, torch.zeros(8, 1)).shape == (model.geometry[module - 1].hop,)
        assert torch.isfinite(model.decode(module, torch.full((8, 50), 1e4))).all()


def test_paper_decoder_output_lengths_match_paper() -> None:
    config = override(preset("sim"), narrow_paper("sim"))
    assert isinstance(config.decoder, PaperDecoderConfig)
    model = Model(config)
    for module, frames in ((1, 511), (2, 129), (3, 64)):
        length = model.add_decoder(module).net(torch.zeros(1, 8, frames)).shape[2]
        assert abs(length - 10_240) <= 2 * 80, f"module {module}: {length}"


def test_encode_is_invariant_to_level_and_gain_restores_it() -> None:
    model = Model(preset("tiny")).eval()
    wave = np.random.default_rng(1).normal(size=8000).astype(np.float32) * 0.1
    loud, soft = model.encode(wave), model.encode(wave * 0.05)
    for a, b in zip(loud, soft, strict=True):
        assert torch.allclose(a.mean, b.mean, atol=1e-4)
    assert model.gain(wave * 0.05) == pytest.approx(model.gain(wave) * 20, rel=1e-4)


def test_invalid_arguments_raise() -> None:
    model = Model(preset("tiny")).eval()
    with pytest.raises(ValueError, match="needs at least 41"):
        model.encode(np.zeros(40, dtype=np.float32))
    with pytest.raises(ValueError, match="module must be 1 to 3"):
        model.decode(4, torch.zeros(8, 2))
    with pytest.raises(ValueError, match="no decoder"):
        model.decode(1, torch.zeros(8, 2))
    model.add_decoder(1)
    with pytest.raises(ValueError, match=r"\[8, frames\]"):
        model.decode(1, torch.zeros(7, 2))


def test_contextualise_without_context_network_raises() -> None:
    encoder = SIM(preset("tiny"))
    with pytest.raises(ValueError, match="no context"):
        encoder.contextualise(torch.zeros(1, 8, 4))


@pytest.mark.parametrize("samples", [41, 1600, 3200, 3201, 16_000, 31_999])
def test_encoding_in_chunks_equals_whole_encoding(samples: int, monkeypatch) -> None:
    model = Model(preset("tiny")).eval()
    wave = np.random.default_rng(3).normal(size=samples).astype(np.float32)
    whole = model.encode(wave)
    monkeypatch.setattr("trainer.model.model.CHUNK_SECONDS", 0.1)
    for a, b in zip(whole, model.encode(wave), strict=True):
        assert torch.allclose(a.mean, b.mean, atol=1e-5)
        assert torch.allclose(a.logvar, b.logvar, atol=1e-5)
