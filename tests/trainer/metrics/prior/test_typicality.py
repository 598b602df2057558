"""Typicality against corpora of known distribution."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from trainer.bundle.typicality import REFERENCE_FRAMES, TypicalityReference
from trainer.metrics.prior.typicality import cumulative_shares, distances, two_sided, typicality_reference

DIMS = 64


def normal(frames: int, seed: int, dims: int = DIMS) -> Tensor:
    return torch.randn(dims, frames, generator=torch.Generator().manual_seed(seed))


def reference_of(transform: Tensor | float = 1.0, dims: int = DIMS) -> TypicalityReference:
    """Reference of 40 clips of 100 independent frames of N(0, I), each frame multiplied by `transform`."""
    clips = [transform * normal(100, 100 + seed, dims) for seed in range(40)]
    reference = typicality_reference(clips)
    assert reference is not None
    return reference


def cumulative(latents: Tensor, reference: TypicalityReference) -> np.ndarray:
    return cumulative_shares(distances(latents, reference), reference)


@pytest.mark.parametrize("dims", [2, 64])
def test_shares_of_new_frames_of_the_same_distribution_are_uniform(dims: int) -> None:
    shares = two_sided(cumulative(normal(1000, 1, dims), reference_of(dims=dims)))
    assert stats.kstest(shares, "uniform").statistic < 0.06  # 0.043 is the 95 % point for a known distribution
    assert np.mean(shares < 0.05) == pytest.approx(0.05, abs=0.025)


def test_zeros_are_too_near() -> None:
    reference = reference_of()
    assert cumulative(torch.zeros(DIMS, 3), reference).tolist() == [0.0, 0.0, 0.0]
    assert two_sided(cumulative(0.5 * normal(50, 2), reference)).max() < 0.01


def test_far_frames_have_share_0() -> None:
    reference = reference_of()
    latents = normal(5, 3)
    latents[0, 2] = 20.0
    found = cumulative(latents, reference)
    assert found[2] == 1.0
    assert two_sided(found)[2] == 0.0
    assert (two_sided(np.delete(found, 2)) > 0).all()
    for value in (1e30, float("inf"), float("nan")):
        assert two_sided(cumulative(torch.full((DIMS, 1), value), reference)) == [0.0]


def test_prior_sample_is_atypical_of_correlated_latents() -> None:
    """Each dimension and the RMS are as in N(0, I), but the latents have rank 8."""
    basis = np.random.default_rng(0).normal(size=(DIMS, 8))
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    clips = [torch.from_numpy(basis).float() @ normal(100, 100 + seed, 8) for seed in range(40)]
    reference = typicality_reference(clips)
    assert reference is not None
    shares = two_sided(cumulative(normal(200, 4), reference))
    assert np.median(shares) < 0.02
    assert np.mean(shares < 0.05) > 0.9
    new = torch.from_numpy(basis).float() @ normal(500, 5, 8)
    assert stats.kstest(two_sided(cumulative(new, reference)), "uniform").statistic < 0.08


def test_prior_sample_is_atypical_of_collapsed_dimensions() -> None:
    transform = torch.full((DIMS, 1), 0.01)
    transform[:8] = 1.0
    reference = reference_of(transform)
    assert (cumulative(normal(200, 4), reference) == 1.0).all()
    assert stats.kstest(two_sided(cumulative(transform * normal(500, 5), reference)), "uniform").statistic < 0.08


def test_units_of_dimensions_do_not_matter() -> None:
    units = torch.logspace(-0.9, 0, DIMS)[:, None]
    latents = normal(50, 6)
    np.testing.assert_allclose(
        distances(units * latents, reference_of(units)), distances(latents, reference_of()), rtol=2e-3
    )


def test_calibration_leaves_out_the_frame_s_clip() -> None:
    """Clips of one repeated frame: within a clip distances are 0, between clips they are not."""
    clips = [normal(1, seed).repeat(1, 50) for seed in range(20)]
    reference = typicality_reference(clips)
    assert reference is not None
    assert reference.quantiles[0] > 1


def test_distance_is_the_mean_of_the_five_nearest() -> None:
    frames = torch.arange(10.0)[:, None]
    reference = TypicalityReference(frames, torch.tensor([2.0]), torch.linspace(0, 1, 101))
    assert distances(torch.tensor([[0.0, 10.0]]), reference) == pytest.approx([2.0, 1.2])


def test_reference_is_bounded_and_needs_two_clips_that_vary() -> None:
    reference = typicality_reference([normal(2000, seed, 4) for seed in range(2)])
    assert reference is not None
    assert reference.frames.shape == (REFERENCE_FRAMES, 4)
    assert typicality_reference([normal(100, 0)]) is None
    assert typicality_reference([normal(100, 0), normal(4, 1)]) is None
    assert typicality_reference([torch.ones(4, 100)] * 3) is None
