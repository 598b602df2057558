"""Energy distance from N(0, I)."""

import math

import numpy as np
import pytest
from scipy import stats

from tests.trainer.metrics.prior.normal_sample import DIMS, normal_sample
from trainer.metrics.prior.energy_distance import distance_to_normal, energy_distance, mean_normal_norm
from trainer.metrics.prior.grouped_sample import GroupedSample


def test_distance_in_one_dimension_is_the_cramer_integral() -> None:
    """Twice the integral of (F - Phi)^2."""
    sample = normal_sample(6, shift=1.0, dims=1)
    grid = np.linspace(-8, 9, 100_001)
    exact = 2 * ((stats.norm.cdf(grid - 1) - stats.norm.cdf(grid)) ** 2).sum() * (grid[1] - grid[0])
    assert energy_distance(sample, sample.unit_weights)[0] == pytest.approx(exact, abs=0.06)


def test_distance_to_normal_matches_draws() -> None:
    points = np.array([[0.0] * 6, [1.0] * 6, [5.0] * 6])
    draws = np.random.default_rng(7).normal(size=(200_000, 6))
    drawn = [np.linalg.norm(point - draws, axis=1).mean() for point in points]
    assert distance_to_normal(points) == pytest.approx(drawn, abs=0.01)
    assert distance_to_normal(points)[0] == pytest.approx(mean_normal_norm(6))
    assert distance_to_normal(np.full((1, 6), 100.0))[0] == pytest.approx(100 * math.sqrt(6), rel=1e-3)


def test_normal_sample_has_zero_distance() -> None:
    distances = [energy_distance(one, one.unit_weights)[0] for one in map(normal_sample, range(8))]
    assert np.mean(distances) == pytest.approx(0, abs=2e-3)


def test_correlation_within_clips_does_not_bias_the_distance() -> None:
    """Ten equal frames per clip, N(0, I) over clips: excluding pairs within a clip removes the bias."""
    found = []
    for seed in range(8):
        clip = np.repeat(np.arange(150), 10)
        sample = GroupedSample(np.random.default_rng(seed).normal(size=(150, DIMS))[clip], clip)
        found.append(energy_distance(sample, sample.unit_weights)[0])
    assert abs(np.mean(found)) < 0.02
