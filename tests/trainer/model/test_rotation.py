"""Rotation of the latents: encoding, decoding, bundles, probes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.trainer.random_bases import random_basis
from trainer import bundle
from trainer.bundle import BundleError
from trainer.config import override, preset
from trainer.evaluation.representations import model_source, target_loudness
from trainer.metrics.probing.pooling import MEAN, WHOLE_CLIP, normalise_loudness, pool_clips, select_pooling
from trainer.model import Model, Posterior, Rotation

WAVE = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1


@pytest.fixture
def rotation() -> Rotation:
    return Rotation.from_bases({module: random_basis(module) for module in (1, 2, 3)})


def test_rotated_posteriors_decode_to_same_waveform(model: Model, rotation: Rotation) -> None:
    plain = model.encode(WAVE)
    waveform = model.decode(2, plain[1].mean, 8000)
    model.rotation = rotation
    for module, (before, after) in enumerate(zip(plain, model.encode(WAVE), strict=True), 1):
        basis = random_basis(module)
        assert torch.allclose(after.mean, basis @ before.mean, atol=1e-5)
        assert torch.allclose(after.logvar.exp(), basis**2 @ before.logvar.exp(), rtol=1e-4)
        assert torch.allclose(after.mean.norm(dim=0), before.mean.norm(dim=0), rtol=1e-4), "rotation keeps the norm"
    found = model.decode(2, model.encode(WAVE)[1].mean, 8000)
    assert torch.allclose(found, waveform, atol=1e-5 * float(waveform.abs().max()))


def test_edit_of_rotated_dimension_moves_trained_dimensions_along_axis(model: Model, rotation: Rotation) -> None:
    plain = model.encode(WAVE)[1].mean
    expected = model.decode(2, plain + 2 * random_basis(2)[5][:, None], 8000)
    model.rotation = rotation
    before = model.encode(WAVE)[1].mean
    moved = before.clone()
    moved[5] += 2
    scale = float(expected.abs().max())
    assert torch.allclose(model.decode(2, moved, 8000), expected, atol=1e-4 * scale)
    moved = before.clone()
    moved[5, 20:22] += 2
    local = model.decode_edited(2, moved, before, 8000, lambda: model.decode(2, before, 8000))
    assert torch.allclose(local, model.decode(2, moved, 8000), atol=1e-4 * scale)
    assert not torch.allclose(local, model.decode(2, before, 8000), atol=1e-2 * scale)


def test_rotated_deterministic_posterior_has_no_variance(rotation: Rotation) -> None:
    assert rotation.rotate(1, Posterior(torch.ones(8, 3), None)).logvar is None


def test_non_orthonormal_basis_raises() -> None:
    with pytest.raises(ValueError, match="the basis of module 2 is not orthonormal"):
        Rotation.from_bases({1: torch.eye(4), 2: 1.01 * torch.eye(4)})


def test_bundle_stores_rotation_and_changes_digest(model: Model, rotation: Rotation, tmp_path: Path) -> None:
    bundle.save(tmp_path, model)
    plain = bundle.digest(tmp_path)
    assert bundle.load(tmp_path).rotation is None
    bundle.save_rotation(tmp_path, rotation)
    assert bundle.digest(tmp_path) != plain
    loaded = bundle.load(tmp_path)
    assert torch.equal(loaded.rotation.bases["3"], rotation.bases["3"])

    bundle.save(tmp_path / "half", loaded, dtype=torch.float16)
    assert torch.equal(bundle.load(tmp_path / "half").rotation.bases["3"], rotation.bases["3"]), (
        "rotations are stored in full precision"
    )
    bundle.save_rotation(tmp_path, None)
    assert bundle.digest(tmp_path) == plain
    assert bundle.load(tmp_path).rotation is None


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (lambda bases: bases | {"bases.2": bases["bases.2"] * 1.1}, "the basis of module 2 is not orthonormal"),
        (lambda bases: bases | {"bases.1": torch.eye(9)}, r"bases.1 has shape \[9, 9\]"),
        (lambda bases: bases | {"bases.1": torch.full((8, 8), torch.nan)}, "values that are not finite"),
        (lambda bases: {name: basis for name, basis in bases.items() if "3" not in name}, "lacks tensor bases.3"),
        (lambda bases: bases | {"bases.4": torch.eye(8)}, "has the unknown tensor bases.4"),
    ],
)
def test_invalid_rotation_file_raises(model: Model, rotation: Rotation, tmp_path: Path, corrupt, message: str) -> None:
    bundle.save(tmp_path, model)
    bundle.save_rotation(tmp_path, rotation)
    save_file(corrupt(load_file(tmp_path / "axes.safetensors")), tmp_path / "axes.safetensors")
    with pytest.raises(BundleError, match=f"^axes.safetensors: .*{message}"):
        bundle.load(tmp_path)


def test_probes_use_rotated_latents_and_context_uses_trained_latents(rotation: Rotation) -> None:
    torch.manual_seed(0)
    model = Model(override(preset("tiny"), {"encoder.context": {"hidden": 6}})).eval()
    wave = normalise_loudness(WAVE, target_loudness(model.config))
    clips = [(wave, [WHOLE_CLIP]), (wave[::-1].copy(), [WHOLE_CLIP])]  # of one length: computed together
    plain = pool_clips([model_source(model)], clips)
    model.rotation = rotation
    rotated = pool_clips([model_source(model)], clips)
    alone = pool_clips([model_source(model)], clips[:1])
    for module in (1, 2, 3):
        name = f"module {module}"
        means, now = select_pooling(plain[name], MEAN), select_pooling(rotated[name], MEAN)
        assert np.allclose(now, means @ random_basis(module).numpy().T, atol=1e-4)
        assert np.allclose(alone[name][0], rotated[name][0], atol=1e-4)
    assert np.allclose(rotated["GRU"], plain["GRU"], atol=1e-4)
    assert np.allclose(alone["GRU"][0], plain["GRU"][0], atol=1e-4)
