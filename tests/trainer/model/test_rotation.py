"""Axes of a model: another telling of the same latents, kept in the bundle, refused where they are none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer import bundle
from trainer.bundle import BundleError
from trainer.config import override, preset
from trainer.metrics.probing.pooling import MEAN, WHOLE, level, loudness, model_source, pool_clips, select
from trainer.model import Axes, Model, Posterior

WAVE = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1


def turned(seed: int, dims: int = 8) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(dims, dims, generator=torch.Generator().manual_seed(seed)))[0]


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    made.add_decoder(2)
    return made.eval()


@pytest.fixture
def axes() -> Axes:
    return Axes.of({module: turned(module) for module in (1, 2, 3)})


def test_what_is_encoded_is_told_along_the_axes_and_decodes_to_the_same_sound(model: Model, axes: Axes) -> None:
    plain = model.encode(WAVE)
    sound = model.decode(2, plain[1].mean, 8000)
    model.axes = axes
    for module, (before, after) in enumerate(zip(plain, model.encode(WAVE), strict=True), 1):
        basis = turned(module)
        assert torch.allclose(after.mean, basis @ before.mean, atol=1e-5)
        assert torch.allclose(after.logvar.exp(), basis**2 @ before.logvar.exp(), rtol=1e-4)
        assert torch.allclose(after.mean.norm(dim=0), before.mean.norm(dim=0), rtol=1e-4), "as far from zero as before"
    assert torch.allclose(
        model.decode(2, model.encode(WAVE)[1].mean, 8000), sound, atol=1e-5 * float(sound.abs().max())
    )


def test_an_edit_along_an_axis_moves_the_trained_dimensions_together(model: Model, axes: Axes) -> None:
    plain = model.encode(WAVE)[1].mean
    wanted = model.decode(2, plain + 2 * turned(2)[5][:, None], 8000)
    model.axes = axes
    before = model.encode(WAVE)[1].mean
    moved = before.clone()
    moved[5] += 2
    scale = float(wanted.abs().max())
    assert torch.allclose(model.decode(2, moved, 8000), wanted, atol=1e-4 * scale)
    moved = before.clone()
    moved[5, 20:22] += 2
    local = model.decode_edited(2, moved, before, 8000, lambda: model.decode(2, before, 8000))
    assert torch.allclose(local, model.decode(2, moved, 8000), atol=1e-4 * scale)
    assert not torch.allclose(local, model.decode(2, before, 8000), atol=1e-2 * scale)


def test_a_deterministic_posterior_stays_so(axes: Axes) -> None:
    assert axes.turn(1, Posterior(torch.ones(8, 3), None)).logvar is None


def test_axes_stand_at_right_angles() -> None:
    with pytest.raises(ValueError, match="the axes of module 2 are not at right angles, each of length 1"):
        Axes.of({1: torch.eye(4), 2: 1.01 * torch.eye(4)})


def test_a_bundle_keeps_them_and_is_another_model_with_them(model: Model, axes: Axes, tmp_path: Path) -> None:
    bundle.save(tmp_path, model)
    plain = bundle.digest(tmp_path)
    assert bundle.load(tmp_path).axes is None
    bundle.save_axes(tmp_path, axes)
    assert bundle.digest(tmp_path) != plain
    loaded = bundle.load(tmp_path)
    assert torch.equal(loaded.axes.bases["3"], axes.bases["3"])

    bundle.save(tmp_path / "half", loaded, dtype=torch.float16)
    assert torch.equal(bundle.load(tmp_path / "half").axes.bases["3"], axes.bases["3"]), "in full precision"
    bundle.save_axes(tmp_path, None)
    assert bundle.digest(tmp_path) == plain
    assert bundle.load(tmp_path).axes is None


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda bases: bases | {"bases.2": bases["bases.2"] * 1.1}, "the axes of module 2 are not at right angles"),
        (lambda bases: bases | {"bases.1": torch.eye(9)}, r"bases.1 has shape \[9, 9\]"),
        (lambda bases: bases | {"bases.1": torch.full((8, 8), torch.nan)}, "values that are not finite"),
        (lambda bases: {name: basis for name, basis in bases.items() if "3" not in name}, "lacks tensor bases.3"),
        (lambda bases: bases | {"bases.4": torch.eye(8)}, "has the unknown tensor bases.4"),
    ],
)
def test_a_file_that_holds_no_axes_is_refused(model: Model, axes: Axes, tmp_path: Path, spoil, told: str) -> None:
    bundle.save(tmp_path, model)
    bundle.save_axes(tmp_path, axes)
    save_file(spoil(load_file(tmp_path / "axes.safetensors")), tmp_path / "axes.safetensors")
    with pytest.raises(BundleError, match=f"^axes.safetensors: .*{told}"):
        bundle.load(tmp_path)


def test_probes_see_the_axes_and_the_gru_what_it_was_trained_on(axes: Axes) -> None:
    torch.manual_seed(0)
    model = Model(override(preset("tiny"), {"encoder.context": {"hidden": 6}})).eval()
    wave = level(WAVE, loudness(model.config))
    clips = [(wave, [WHOLE]), (wave[::-1].copy(), [WHOLE])]  # of one length: computed together
    plain = pool_clips([model_source(model)], clips)
    model.axes = axes
    turned_now = pool_clips([model_source(model)], clips)
    alone = pool_clips([model_source(model)], clips[:1])
    for module in (1, 2, 3):
        name = f"module {module}"
        means, now = select(plain[name], MEAN), select(turned_now[name], MEAN)
        assert np.allclose(now, means @ turned(module).numpy().T, atol=1e-4)
        assert np.allclose(alone[name][0], turned_now[name][0], atol=1e-4)
    assert np.allclose(turned_now["GRU"], plain["GRU"], atol=1e-4)
    assert np.allclose(alone["GRU"][0], plain["GRU"][0], atol=1e-4)
