"""Total correlation against closed forms."""

import numpy as np
import pytest

from trainer.metrics.latents.total_correlation import (
    gaussian_total_correlation,
    knn_total_correlation,
    shuffle_dimensions,
)


def gaussians(rho: float, dims: int, n: int = 1500) -> tuple[np.ndarray, float]:
    """Normal variables [n, dims] with pairwise correlation rho, and their total correlation in bits."""
    cov = np.full((dims, dims), rho) + (1 - rho) * np.eye(dims)
    values = np.random.default_rng(0).multivariate_normal(np.zeros(dims), cov, size=n)
    return values, -0.5 * np.log2(np.linalg.det(cov))


@pytest.mark.parametrize(("rho", "dims"), [(0.0, 4), (0.6, 2), (0.8, 3), (0.5, 5)])
def test_gaussians_have_the_closed_form(rho: float, dims: int) -> None:
    values, exact = gaussians(rho, dims)
    assert gaussian_total_correlation(values) == pytest.approx(exact, abs=0.06)
    assert knn_total_correlation(values) == pytest.approx(exact, abs=0.15)


def test_independent_dimensions_have_none() -> None:
    """A kernel density evaluated on its own points gives 5.96 nats at d = 5."""
    values, _ = gaussians(0.0, 5)
    assert abs(gaussian_total_correlation(values)) < 0.03
    assert abs(knn_total_correlation(values)) < 0.15


def test_knn_estimate_finds_nonlinear_dependence() -> None:
    """Points on a ring are uncorrelated but dependent."""
    angle, noise = np.random.default_rng(1).uniform(0, 2 * np.pi, 1500), np.random.default_rng(2).normal(size=(1500, 2))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.1 * noise
    assert abs(gaussian_total_correlation(ring)) < 0.02
    assert knn_total_correlation(ring) > 1
    assert abs(knn_total_correlation(shuffle_dimensions(ring))) < 0.15
    assert sorted(shuffle_dimensions(ring)[:, 0]) == sorted(ring[:, 0])


def test_scale_and_constant_dimensions_have_no_effect() -> None:
    values, _ = gaussians(0.6, 3, n=400)
    warped = np.stack([1000 * values[:, 0], np.exp(values[:, 1]), values[:, 2], np.ones(400)], axis=1)
    assert knn_total_correlation(warped) == pytest.approx(knn_total_correlation(values))
    assert gaussian_total_correlation(np.c_[values * [1, 50, 1], np.ones(400)]) == pytest.approx(
        gaussian_total_correlation(values)
    )
    assert gaussian_total_correlation(np.ones((10, 3))) == knn_total_correlation(np.ones((10, 3))) == 0.0
