"""Deep InfoMax with noise: normalised latents, posteriors with the noise's variance, and a valid lower bound."""

import math
import os
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from tests.trainer.training_runs import ON_CPU, run_ranks
from trainer import bundle
from trainer.config import DimNoiseConfig, TimePrediction, override, preset
from trainer.model import SIM, Model
from trainer.model.dim_noise_head import DimNoiseHead
from trainer.objectives import InfoMaxObjective
from trainer.objectives.dim_noise import DimNoiseLoss
from trainer.runtime import distributed
from trainer.training.fit_encoder import fit

DIM_NOISE = {"objective.kind": "dim-noise", "training.steps": 6}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settings(**changes: object) -> DimNoiseConfig:
    defaults = {"prediction": TimePrediction(distances=(0.0,)), "negatives": 300, "beta": (0.0,)}
    return DimNoiseConfig(**{**defaults, **changes})


def test_any_preset_becomes_dim_noise_by_one_setting() -> None:
    for name in ("sim", "sim-plus", "gim", "demo", "narrow", "tiny"):
        config = override(preset(name), {"objective.kind": "dim-noise", "objective.noise": 0.25})
        assert isinstance(config.objective, DimNoiseConfig)
        assert config.objective.noise == 0.25
        assert config.encoder == preset(name).encoder
    assert override(preset("demo"), {"objective.kind": "dim-noise", "preset": "dim-noise"}) == preset("dim-noise")
    with pytest.raises(ValidationError, match="another view"):
        override(preset("tiny"), {"objective.prediction": {"unit": "seconds", "distances": [0.0]}})


def test_latents_have_mean_0_variance_1_and_the_variance_of_the_noise() -> None:
    code = DimNoiseHead(5, settings(noise=0.25))
    found = code(3 + 2 * torch.randn(8, 300, 5, generator=generator()))
    assert found.mean.shape == (8, 5, 300)
    assert found.mean.mean((0, 2)) == pytest.approx(torch.zeros(5), abs=1e-5)
    assert found.mean.var((0, 2), correction=0) == pytest.approx(torch.ones(5), abs=1e-3)
    assert found.logvar is not None
    assert found.logvar.exp() == pytest.approx(torch.full((8, 5, 300), 0.25))
    assert not list(code.parameters()), "weights could undo the normalisation"


def test_normal_inputs_become_uniform_latents() -> None:
    code = DimNoiseHead(1, settings(target="uniform", noise=0.1))
    found = code(torch.randn(4, 5000, 1, generator=generator()))
    values = found.mean.flatten().sort().values
    assert values.abs().max() <= math.sqrt(3) + 1e-6
    assert values == pytest.approx(torch.linspace(-math.sqrt(3), math.sqrt(3), 20_000), abs=0.05)
    assert found.logvar is not None
    assert found.logvar.exp().mean() == pytest.approx(12 * 0.1**2 / 3)


@pytest.mark.parametrize("bound", ["info-nce", "donsker-varadhan"])
def test_bound_approaches_the_capacity_of_normal_latents_from_below(bound: str) -> None:
    """I(f(X); f(X) + Z) of normal latents is d / 2 log(1 + 1 / s^2). The optimal, quadratic critic reaches it up to the
    loss of n negatives.
    """
    config = settings(noise=0.5, bound=bound)
    torch.manual_seed(1)
    contrast = DimNoiseLoss(2, (0,), config)
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


def test_beta_is_ignored_and_each_module_has_its_own_loss() -> None:
    wave = 0.1 * torch.randn(4, 5120, generator=generator())
    totals = []
    for beta in (0.0, 10.0):
        config = override(preset("tiny"), {**DIM_NOISE, "objective.beta": [beta] * 3})
        torch.manual_seed(0)
        totals.append(InfoMaxObjective(config, SIM(config))(wave, generator())[0].item())
    assert totals[0] == totals[1]
    encoder = SIM(config)
    _, parts, _ = InfoMaxObjective(config, encoder)(wave, generator())
    parts[2].info_nce.backward()
    assert all(value.grad is None for value in encoder.stack[0].parameters())


def test_end_to_end_has_one_loss_with_gradient_to_all_modules() -> None:
    config = override(preset("tiny"), {**DIM_NOISE, "objective.end_to_end": True})
    encoder = SIM(config)
    total, parts, _ = InfoMaxObjective(config, encoder)(0.1 * torch.randn(4, 5120, generator=generator()), generator())
    total.backward()
    assert len(parts) == 1
    assert encoder.stack[0].mean.weight.grad.abs().max() > 0


@pytest.mark.parametrize("extra", [{}, {"objective.target": "uniform", "objective.bound": "donsker-varadhan"}])
def test_dim_noise_bundle_encodes_and_decodes(extra: dict[str, object], corpus: Path, tmp_path: Path) -> None:
    config = override(preset("tiny"), {**DIM_NOISE, **extra})
    assert fit(config, [corpus], tmp_path / "bundle", **ON_CPU)
    model = bundle.load(tmp_path / "bundle")
    model.add_decoder(3)
    wave = (0.1 * torch.randn(8000, generator=generator())).numpy()
    for posterior in model.encode(wave):
        assert torch.isfinite(posterior.mean).all()
        assert posterior.logvar.unique().numel() == 1
    assert model.decode(3, model.encode(wave)[2].mean, len(wave)).shape == (8000,)
    copy = Model(model.config).eval()
    copy.encoder.load_state_dict(model.encoder.state_dict())
    assert torch.equal(copy.encode(wave)[2].mean, model.encode(wave)[2].mean)


def loss_on_rank(out: Path) -> None:
    torch.distributed.init_process_group("gloo", rank=int(os.environ["RANK"]), world_size=int(os.environ["WORLD_SIZE"]))
    x = torch.randn(6, 20, 3, generator=generator(), dtype=torch.float64).float()
    contrast = DimNoiseLoss(3, (0,), settings(bound="donsker-varadhan", noise=0.5))
    torch.nn.init.constant_(contrast.contrast.predict.weight, 0.1)
    code = DimNoiseHead(3, settings())(x[distributed.rank_slice(6)])
    loss = distributed.mean(contrast(code.mean, code.mean, generator()).detach())
    torch.save({"code": distributed.all_gather(code.mean), "loss": loss}, out / f"{distributed.rank()}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_compute_the_normalisation_and_bound_of_one(tmp_path: Path) -> None:
    assert run_ranks(2, loss_on_rank, tmp_path, seconds=200) == [0, 0]
    x = torch.randn(6, 20, 3, generator=generator(), dtype=torch.float64).float()
    contrast = DimNoiseLoss(3, (0,), settings(bound="donsker-varadhan", noise=0.5))
    torch.nn.init.constant_(contrast.contrast.predict.weight, 0.1)
    code = DimNoiseHead(3, settings())(x)
    expected = {"code": code.mean, "loss": contrast(code.mean, code.mean, generator()).detach()}
    for rank in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"{rank}.pt", weights_only=True), expected)
