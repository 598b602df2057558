"""Normality of one dimension."""

import math

import numpy as np
import pytest
from scipy import stats

from tests.trainer.metrics.autoregressive import autoregressive
from trainer.metrics.prior.normality import anderson_darling, anderson_darling_p_value, ks_distance, normality
from trainer.metrics.statistics.effective_size import effective_size


def test_interval_of_correlated_frames_has_nominal_coverage() -> None:
    """The interval of the mean covers 0 in about 95 % of runs, but not if every frame counts as independent."""
    covered = naively_covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        clips = [autoregressive(rng, 0.9, 100) for _ in range(20)]
        whole = np.concatenate(clips)
        found, naive = normality(whole, effective_size(clips)), normality(whole, len(whole))
        covered += found.mean[1] < 0 < found.mean[2]
        naively_covered += naive.mean[1] < 0 < naive.mean[2]
    assert covered >= 52
    assert naively_covered < 40


def test_normality_of_an_exponential_distribution() -> None:
    """Shifted to mean 0 it has skew 2, excess kurtosis 6, and a KS distance that is computed on a grid."""
    values = np.random.default_rng(3).exponential(size=200_000) - 1
    grid = np.linspace(-1, 8, 100_001)
    furthest = np.abs(1 - np.exp(-(grid + 1)) - stats.norm.cdf(grid)).max()
    found = normality(values, len(values))
    for interval, truth in ((found.mean, 0), (found.variance, 1), (found.skew, 2), (found.kurtosis, 6)):
        assert interval[1] < truth < interval[2]
    assert found.ks[0] == pytest.approx(max(furthest, stats.norm.cdf(-1)), abs=0.004)
    assert found.ks_chance < 1e-6
    assert found.ad_chance < 1e-6
    assert found.quantiles[14] == pytest.approx(math.log(2) - 1, abs=0.01)


def test_p_values_of_a_normal_sample_are_uniform() -> None:
    """KS equals scipy's; the p-value of Anderson-Darling is below p in a share p of samples."""
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(400):
        values = rng.normal(size=200)
        found = normality(values, 200)
        p_values.append(found.ad_chance)
        assert ks_distance(values) == pytest.approx(stats.kstest(values, "norm").statistic)
        assert found.ks_chance == pytest.approx(stats.kstest(values, "norm").pvalue, abs=1e-6)
    for share in (0.05, 0.2, 0.5):
        assert np.mean(np.array(p_values) < share) == pytest.approx(share, abs=3 * math.sqrt(share / 400))
    assert anderson_darling_p_value(2.492) == pytest.approx(0.05, abs=1e-3), "the tabulated critical value"
    assert anderson_darling_p_value(3.857) == pytest.approx(0.01, abs=1e-3)


def test_anderson_darling_matches_its_integral() -> None:
    """For a large sample of N(1, 1): the integral of (F - Phi)^2 / (Phi (1 - Phi)) dPhi by quadrature."""
    grid = np.linspace(-8, 8, 100_001)
    phi, shifted = stats.norm.cdf(grid), stats.norm.cdf(grid - 1)
    inside = (shifted - phi) ** 2 / np.maximum(phi * (1 - phi), 1e-300) * stats.norm.pdf(grid)
    found = anderson_darling(1 + np.random.default_rng(5).normal(size=200_000))
    assert found == pytest.approx(inside.sum() * (grid[1] - grid[0]), rel=0.02)
