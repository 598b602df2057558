"""Noise in place of the KL: codes that are normalised, posteriors as wide as the noise, and a bound that holds."""

import math
import os
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from tests.trainer.training_runs import ON_CPU, together
from trainer import bundle
from trainer.config import DimNoiseConfig, TimeDistances, override, preset
from trainer.model import SIM, Model
from trainer.model.noisy_code import NoisyCode
from trainer.objectives import InfoMaxObjective
from trainer.objectives.dim_noise import NoisyContrast
from trainer.runtime import distributed
from trainer.training.fit_encoder import fit

NOISY = {"objective.kind": "dim-noise", "training.steps": 6}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settings(**changes: object) -> DimNoiseConfig:
    given = {"prediction": TimeDistances(distances=(0.0,)), "negatives": 300, "beta": (0.0,)}
    return DimNoiseConfig(**{**given, **changes})


def test_any_preset_takes_it_by_one_setting() -> None:
    for name in ("sim", "sim-plus", "gim", "demo", "narrow", "tiny"):
        config = override(preset(name), {"objective.kind": "dim-noise", "objective.noise": 0.25})
        assert isinstance(config.objective, DimNoiseConfig)
        assert config.objective.noise == 0.25
        assert config.encoder == preset(name).encoder
    assert override(preset("demo"), {"objective.kind": "dim-noise", "preset": "dim-noise"}) == preset("dim-noise")
    with pytest.raises(ValidationError, match="another view"):
        override(preset("tiny"), {"objective.prediction": {"unit": "seconds", "distances": [0.0]}})


def test_codes_have_mean_0_and_variance_1_and_the_noises_variance() -> None:
    code = NoisyCode(5, settings(noise=0.25))
    found = code(3 + 2 * torch.randn(8, 300, 5, generator=generator()))
    assert found.mean.shape == (8, 5, 300)
    assert found.mean.mean((0, 2)) == pytest.approx(torch.zeros(5), abs=1e-5)
    assert found.mean.var((0, 2), correction=0) == pytest.approx(torch.ones(5), abs=1e-3)
    assert found.logvar is not None
    assert found.logvar.exp() == pytest.approx(torch.full((8, 5, 300), 0.25))
    assert not list(code.parameters()), "no weights, which could undo it"


def test_uniform_codes_are_those_of_a_normal_input() -> None:
    code = NoisyCode(1, settings(target="uniform", noise=0.1))
    found = code(torch.randn(4, 5000, 1, generator=generator()))
    values = found.mean.flatten().sort().values
    assert values.abs().max() <= math.sqrt(3) + 1e-6
    assert values == pytest.approx(torch.linspace(-math.sqrt(3), math.sqrt(3), 20_000), abs=0.05)
    assert found.logvar is not None
    assert found.logvar.exp().mean() == pytest.approx(12 * 0.1**2 / 3)


@pytest.mark.parametrize("bound", ["info-nce", "donsker-varadhan"])
def test_the_bound_nears_the_capacity_of_normal_codes_and_does_not_pass_it(bound: str) -> None:
    """I(f(X); f(X) + Z) of normal codes is d / 2 log(1 + 1 / s^2), which the best critic, quadratic, proves but for
    what n negatives lose.
    """
    config = settings(noise=0.5, bound=bound)
    torch.manual_seed(1)
    contrast = NoisyContrast(2, (0,), config)
    optimiser = torch.optim.Adam(contrast.parameters(), 0.02)
    capacity = math.log(1 + 1 / 0.5)
    found = []
    for step in range(300):
        codes = torch.randn(16, 2, 30, generator=generator(step))
        noisy = codes + math.sqrt(0.5) * torch.randn(codes.shape, generator=generator(1000 + step))
        loss = contrast(codes, noisy, generator(step))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append((math.log(301) if bound == "info-nce" else 0.0) - loss.item())
    assert 0.8 * capacity < sum(found[-50:]) / 50 < capacity + 0.03


def test_beta_is_not_asked_and_each_module_learns_from_its_own() -> None:
    wave = 0.1 * torch.randn(4, 5120, generator=generator())
    totals = []
    for beta in (0.0, 10.0):
        config = override(preset("tiny"), {**NOISY, "objective.beta": [beta] * 3})
        torch.manual_seed(0)
        totals.append(InfoMaxObjective(config, SIM(config))(wave, generator())[0].item())
    assert totals[0] == totals[1]
    encoder = SIM(config)
    _, parts, _ = InfoMaxObjective(config, encoder)(wave, generator())
    parts[2].info_nce.backward()
    assert all(value.grad is None for value in encoder.stack[0].parameters())


def test_plain_deep_infomax_has_one_contrast_whose_gradient_reaches_all() -> None:
    config = override(preset("tiny"), {**NOISY, "objective.end_to_end": True})
    encoder = SIM(config)
    total, parts, _ = InfoMaxObjective(config, encoder)(0.1 * torch.randn(4, 5120, generator=generator()), generator())
    total.backward()
    assert len(parts) == 1
    assert encoder.stack[0].mean.weight.grad.abs().max() > 0


@pytest.mark.parametrize("extra", [{}, {"objective.target": "uniform", "objective.bound": "donsker-varadhan"}])
def test_a_bundle_encodes_and_decodes_like_any_other(extra: dict[str, object], corpus: Path, tmp_path: Path) -> None:
    config = override(preset("tiny"), {**NOISY, **extra})
    assert fit(config, [corpus], tmp_path / "bundle", **ON_CPU)
    model = bundle.load(tmp_path / "bundle")
    model.add_decoder(3)
    wave = (0.1 * torch.randn(8000, generator=generator())).numpy()
    for posterior in model.encode(wave):
        assert torch.isfinite(posterior.mean).all()
        assert posterior.logvar.unique().numel() == 1
    assert model.decode(3, model.encode(wave)[2].mean, len(wave)).shape == (8000,)
    again = Model(model.config).eval()
    again.encoder.load_state_dict(model.encoder.state_dict())
    assert torch.equal(again.encode(wave)[2].mean, model.encode(wave)[2].mean)


def norm_together(out: Path) -> None:
    torch.distributed.init_process_group("gloo", rank=int(os.environ["RANK"]), world_size=int(os.environ["WORLD_SIZE"]))
    x = torch.randn(6, 20, 3, generator=generator(), dtype=torch.float64).float()
    contrast = NoisyContrast(3, (0,), settings(bound="donsker-varadhan", noise=0.5))
    torch.nn.init.constant_(contrast.contrast.predict.weight, 0.1)
    code = NoisyCode(3, settings())(x[distributed.share(6)])
    loss = distributed.mean(contrast(code.mean, code.mean, generator()).detach())
    torch.save({"code": distributed.gather(code.mean), "loss": loss}, out / f"{distributed.rank()}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_normalise_and_bound_as_one(tmp_path: Path) -> None:
    assert together(2, norm_together, tmp_path, seconds=200) == [0, 0]
    x = torch.randn(6, 20, 3, generator=generator(), dtype=torch.float64).float()
    contrast = NoisyContrast(3, (0,), settings(bound="donsker-varadhan", noise=0.5))
    torch.nn.init.constant_(contrast.contrast.predict.weight, 0.1)
    code = NoisyCode(3, settings())(x)
    expected = {"code": code.mean, "loss": contrast(code.mean, code.mean, generator()).detach()}
    for rank in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"{rank}.pt", weights_only=True), expected)
