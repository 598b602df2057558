"""Whitening of the latents: moments, encoding, decoding, bundles, with and without a rotation."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.trainer.random_bases import random_basis
from trainer import bundle
from trainer.bundle import BundleError
from trainer.model import Model, Posterior, Rotation, Whitening

WAVE = np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1


def random_moments(seed: int, dims: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(dims, dims, generator=generator) + 2 * torch.eye(dims)
    return torch.randn(dims, generator=generator), root @ root.T


@pytest.fixture
def whitening() -> Whitening:
    return Whitening.from_moments({module: random_moments(module) for module in (1, 2, 3)})


def test_draws_with_the_moments_become_standard_normal(whitening: Whitening) -> None:
    mean, covariance = random_moments(1)
    generator = torch.Generator().manual_seed(5)
    draws = mean[:, None] + torch.linalg.cholesky(covariance) @ torch.randn(8, 100_000, generator=generator)
    white = whitening.whiten(1, Posterior(draws, None)).mean
    assert torch.allclose(white.mean(1), torch.zeros(8), atol=0.02)
    assert torch.allclose(torch.cov(white), torch.eye(8), atol=0.03)
    assert torch.allclose(whitening.unwhiten(1, white), draws, atol=1e-3)


@pytest.mark.parametrize("rotated", [False, True])
def test_whitened_posteriors_decode_to_the_same_waveform(model: Model, whitening: Whitening, rotated: bool) -> None:
    plain = model.encode(WAVE)
    waveform = model.decode(2, plain[1].mean, 8000)
    model.whitening = whitening
    model.rotation = Rotation.from_bases({n: random_basis(n) for n in (1, 2, 3)}) if rotated else None
    for module, (before, after) in enumerate(zip(plain, model.encode(WAVE), strict=True), 1):
        matrix = whitening.matrix(module) if not rotated else random_basis(module) @ whitening.matrix(module)
        mean = random_moments(module)[0]
        assert torch.allclose(after.mean, matrix @ (before.mean - mean[:, None]), atol=1e-4)
        assert torch.allclose(after.logvar.exp(), matrix**2 @ before.logvar.exp(), rtol=1e-4)
    found = model.decode(2, model.encode(WAVE)[1].mean, 8000)
    assert torch.allclose(found, waveform, atol=1e-4 * float(waveform.abs().max()))


def test_directions_without_variance_stay_finite() -> None:
    covariance = torch.diag(torch.tensor([4.0, 1.0, 0.0]))
    whitening = Whitening.from_moments({1: (torch.zeros(3), covariance)})
    assert whitening.ill_conditioned() == []
    assert torch.allclose(whitening.matrix(1).diagonal()[:2], torch.tensor([0.5, 1.0]))


def test_bundle_stores_the_whitening(model: Model, whitening: Whitening, tmp_path: Path) -> None:
    bundle.save(tmp_path, model)
    plain = bundle.digest(tmp_path)
    assert bundle.load(tmp_path).whitening is None
    bundle.save_whitening(tmp_path, whitening)
    assert bundle.digest(tmp_path) != plain
    loaded = bundle.load(tmp_path)
    bundle.save(tmp_path / "half", loaded, dtype=torch.float16)
    assert torch.equal(bundle.load(tmp_path / "half").whitening.matrix(3), whitening.matrix(3))
    bundle.save_whitening(tmp_path, None)
    assert bundle.digest(tmp_path) == plain


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (lambda found: found | {"matrices.2": torch.zeros(8, 8)}, "the matrix of module 2 cannot be inverted"),
        (lambda found: found | {"offsets.1": torch.zeros(9)}, r"offsets.1 has shape \[9\]"),
        (lambda found: found | {"offsets.1": torch.full((8,), torch.nan)}, "values that are not finite"),
        (lambda found: {name: one for name, one in found.items() if name != "offsets.3"}, "lacks tensor offsets.3"),
    ],
)
def test_invalid_file_raises(model: Model, whitening: Whitening, tmp_path: Path, corrupt, message: str) -> None:
    bundle.save(tmp_path, model)
    bundle.save_whitening(tmp_path, whitening)
    save_file(corrupt(load_file(tmp_path / "whitening.safetensors")), tmp_path / "whitening.safetensors")
    with pytest.raises(BundleError, match=f"^whitening.safetensors: .*{message}"):
        bundle.load(tmp_path)
