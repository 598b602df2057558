"""A plane through points whose variances are known."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.metrics.latents import umap
from trainer.metrics.latents.principal_plane import principal_plane


def flat(n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of five dimensions on a plane through (1, 2, 3, 4, 5), with standard deviations 3 and 1 along two axes at
    right angles, and their places on it.
    """
    rng = np.random.default_rng(0)
    places = rng.normal(size=(n, 2))
    places -= places.mean(0)
    # Exactly uncorrelated, so that the axes are known exactly
    places = places @ np.linalg.inv(np.linalg.cholesky(np.cov(places.T, ddof=0))).T * [3.0, 1.0]
    axes = np.array([[0.6, 0.0, -0.8, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]])
    return places @ axes + np.arange(1, 6), places, axes


def test_the_plane_of_points_on_a_plane() -> None:
    values, places, axes = flat()
    plane = principal_plane(values)
    assert plane.centre == pytest.approx(np.arange(1, 6))
    assert plane.shares == pytest.approx([0.9, 0.1])
    assert plane.axes == pytest.approx(axes * [[-1], [1]], abs=1e-9), "the largest part of an axis is positive"
    assert plane.project(values) == pytest.approx(places * [-1, 1], abs=1e-9)
    assert plane.project(plane.centre[None]) == pytest.approx(np.zeros((1, 2)))


def test_noise_beside_the_plane_takes_its_share() -> None:
    values, _, _ = flat(20_000)
    values[:, 3] += np.random.default_rng(1).normal(size=20_000) * np.sqrt(10)
    plane = principal_plane(values)
    assert plane.shares == pytest.approx([0.5, 0.45], abs=0.01), "10 and 9 of 20"
    assert abs(plane.axes[0, 3]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("shape", [(2, 5), (9, 1)])
def test_too_little_for_a_plane_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"these are {shape[0]} of {shape[1]}"):
        principal_plane(np.zeros(shape))


def test_points_that_are_all_one_have_a_plane_that_holds_nothing() -> None:
    plane = principal_plane(np.ones((5, 4)))
    assert plane.shares.tolist() == [0.0, 0.0]
    assert plane.project(np.ones((5, 4))).tolist() == [[0.0, 0.0]] * 5


def test_umap_keeps_clusters_apart_or_is_left_out() -> None:
    values = np.concatenate([np.zeros((40, 6)), np.full((40, 6), 20.0)]) + np.random.default_rng(0).normal(size=(80, 6))
    places = umap.umap_projection(values)
    if not umap.INSTALLED:
        assert places is None
        return
    assert places is not None
    spread = max(np.linalg.norm(half - half.mean(0), axis=1).mean() for half in (places[:40], places[40:]))
    assert np.linalg.norm(places[:40].mean(0) - places[40:].mean(0)) > 3 * spread
    assert umap.umap_projection(values[:10]) is None, "too few to have neighbours"
