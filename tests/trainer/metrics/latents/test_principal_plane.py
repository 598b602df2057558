"""Principal plane of points with known variances."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.metrics.latents.principal_plane import principal_plane


def flat(n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points [n, 5] on a plane through (1, 2, 3, 4, 5) with sd 3 and 1 along two orthogonal axes; coordinates; axes."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(n, 2))
    places -= places.mean(0)
    # Exactly uncorrelated, so that the axes are exact
    places = places @ np.linalg.inv(np.linalg.cholesky(np.cov(places.T, ddof=0))).T * [3.0, 1.0]
    axes = np.array([[0.6, 0.0, -0.8, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]])
    return places @ axes + np.arange(1, 6), places, axes


def test_plane_of_coplanar_points() -> None:
    values, places, axes = flat()
    plane = principal_plane(values)
    assert plane.centre == pytest.approx(np.arange(1, 6))
    assert plane.shares == pytest.approx([0.9, 0.1])
    assert plane.axes == pytest.approx(axes * [[-1], [1]], abs=1e-9), "the largest component of an axis is positive"
    assert plane.project(values) == pytest.approx(places * [-1, 1], abs=1e-9)
    assert plane.project(plane.centre[None]) == pytest.approx(np.zeros((1, 2)))


def test_noise_outside_the_plane_has_its_share_of_variance() -> None:
    values, _, _ = flat(20_000)
    values[:, 3] += np.random.default_rng(1).normal(size=20_000) * np.sqrt(10)
    plane = principal_plane(values)
    assert plane.shares == pytest.approx([0.5, 0.45], abs=0.01), "variances 10 and 9 of 20"
    assert abs(plane.axes[0, 3]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("shape", [(2, 5), (9, 1)])
def test_too_few_points_or_dimensions_raise(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"not {shape[0]} of {shape[1]}"):
        principal_plane(np.zeros(shape))


def test_identical_points_have_a_plane_without_variance() -> None:
    plane = principal_plane(np.ones((5, 4)))
    assert plane.shares.tolist() == [0.0, 0.0]
    assert plane.project(np.ones((5, 4))).tolist() == [[0.0, 0.0]] * 5
