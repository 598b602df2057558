"""Distances from N(0, I), on samples whose distance is known."""

import math

import numpy as np
import pytest
from scipy import stats

from trainer.metrics.prior.covariance_spectrum import covariance_spectrum, gaussian_kl, marchenko_pastur_edges
from trainer.metrics.prior.energy_distance import distance_to_normal, energy_distance, mean_normal_norm
from trainer.metrics.prior.grouped_sample import GroupedSample
from trainer.metrics.prior.mmd import squared_mmd
from trainer.metrics.prior.normality import anderson_darling, anderson_darling_p_value, ks_distance, normality
from trainer.metrics.prior.sliced_wasserstein import random_directions, sliced_wasserstein
from trainer.metrics.prior.two_sample import two_sample_accuracy
from trainer.metrics.statistics.effective_size import autocorrelation, effective_size

N, DIMS = 900, 4


def sample(seed: int = 0, shift: float = 0.0, scale: float = 1.0, count: int = N, dims: int = DIMS) -> GroupedSample:
    """N(shift e_1, scale^2 I), three values a clip."""
    values = scale * np.random.default_rng(seed).normal(size=(count, dims))
    values[:, 0] += shift
    return GroupedSample(values, np.arange(count) // 3)


def drift(rng: np.random.Generator, phi: float, frames: int) -> np.ndarray:
    """x_t = phi x_{t-1} + noise, of variance 1."""
    x, noise = np.empty(frames), math.sqrt(1 - phi**2) * rng.normal(size=frames)
    x[0] = rng.normal()
    for t in range(1, frames):
        x[t] = phi * x[t - 1] + noise[t]
    return x


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_frames_that_follow_one_another_are_worth_less(phi: float) -> None:
    """n (1 - phi) / (1 + phi), in closed form."""
    rng = np.random.default_rng(1)
    clips = [drift(rng, phi, 400) for _ in range(100)]
    assert effective_size(clips) == pytest.approx(40_000 * (1 - phi) / (1 + phi), rel=0.1)
    assert autocorrelation(clips)[:4] == pytest.approx(phi ** np.arange(4), abs=0.03)


def test_what_differs_from_clip_to_clip_alone_is_worth_as_many_as_clips() -> None:
    rng = np.random.default_rng(2)
    assert effective_size([np.full(50, rng.normal()) for _ in range(200)]) == pytest.approx(200, rel=0.05)


def test_intervals_hold_the_truth_with_frames_that_are_alike() -> None:
    """19 times in 20 the interval of the mean holds 0, which it would not, were every frame counted."""
    held = counted = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        clips = [drift(rng, 0.9, 100) for _ in range(20)]
        whole = np.concatenate(clips)
        found, naive = normality(whole, effective_size(clips)), normality(whole, len(whole))
        held += found.mean[1] < 0 < found.mean[2]
        counted += naive.mean[1] < 0 < naive.mean[2]
    assert held >= 52
    assert counted < 40


def test_normality_of_an_exponential() -> None:
    """Shifted to mean 0: skew 2, kurtosis 6, and the KS distance of its distribution function from Phi."""
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


def test_chances_of_a_normal_sample_are_even() -> None:
    """As scipy has KS; and those of Anderson and Darling, below a share p in a share p of samples."""
    rng = np.random.default_rng(4)
    chances = []
    for _ in range(400):
        values = rng.normal(size=200)
        found = normality(values, 200)
        chances.append(found.ad_chance)
        assert ks_distance(values) == pytest.approx(stats.kstest(values, "norm").statistic)
        assert found.ks_chance == pytest.approx(stats.kstest(values, "norm").pvalue, abs=1e-6)
    for share in (0.05, 0.2, 0.5):
        assert np.mean(np.array(chances) < share) == pytest.approx(share, abs=3 * math.sqrt(share / 400))
    assert anderson_darling_p_value(2.492) == pytest.approx(0.05, abs=1e-3), "the tables' critical value"
    assert anderson_darling_p_value(3.857) == pytest.approx(0.01, abs=1e-3)


def test_anderson_darling_is_its_integral() -> None:
    """Of N(1, 1) for a large sample: the integral of (F - Phi)^2 / (Phi (1 - Phi)) dPhi, by quadrature."""
    grid = np.linspace(-8, 8, 100_001)
    phi, shifted = stats.norm.cdf(grid), stats.norm.cdf(grid - 1)
    inside = (shifted - phi) ** 2 / np.maximum(phi * (1 - phi), 1e-300) * stats.norm.pdf(grid)
    found = anderson_darling(1 + np.random.default_rng(5).normal(size=200_000))
    assert found == pytest.approx(inside.sum() * (grid[1] - grid[0]), rel=0.02)


def test_energy_distance_in_one_dimension_is_twice_the_integral_of_squared_differences() -> None:
    pairs = sample(6, shift=1.0, dims=1)
    grid = np.linspace(-8, 9, 100_001)
    exact = 2 * ((stats.norm.cdf(grid - 1) - stats.norm.cdf(grid)) ** 2).sum() * (grid[1] - grid[0])
    assert energy_distance(pairs, pairs.unit_weights)[0] == pytest.approx(exact, abs=0.06)


def test_distance_to_normal_is_what_draws_say() -> None:
    points = np.array([[0.0] * 6, [1.0] * 6, [5.0] * 6])
    draws = np.random.default_rng(7).normal(size=(200_000, 6))
    drawn = [np.linalg.norm(point - draws, axis=1).mean() for point in points]
    assert distance_to_normal(points) == pytest.approx(drawn, abs=0.01)
    assert distance_to_normal(points)[0] == pytest.approx(mean_normal_norm(6))
    assert distance_to_normal(np.full((1, 6), 100.0))[0] == pytest.approx(100 * math.sqrt(6), rel=1e-3)


def test_mean_discrepancy_of_a_shifted_normal_has_a_closed_form() -> None:
    """E k(X, X') = E k(Y, Y') = (d / (d + 2))^(d/2), and E k(X, Y) is that times e^(-1 / (2 (d + 2)))."""
    pairs = sample(8, shift=1.0)
    same = (DIMS / (DIMS + 2)) ** (DIMS / 2)
    exact = 2 * same * (1 - math.exp(-1 / (2 * (DIMS + 2))))
    found = [squared_mmd(sample(seed, shift=1.0), pairs.unit_weights)[0] for seed in range(8, 14)]
    assert np.mean(found) == pytest.approx(exact, abs=0.006)


def test_sliced_wasserstein_of_normals_has_a_closed_form() -> None:
    """Along a direction W_2^2 is (m . u)^2 + (sd - 1)^2; over all, |m|^2 / d + (sd - 1)^2."""
    many = random_directions(DIMS, 500)
    for shift, scale in ((2.0, 1.0), (0.0, 1.5), (1.0, 0.5)):
        found = sliced_wasserstein(sample(9, shift, scale, 20_000).values, many)
        assert found**2 == pytest.approx(shift**2 / DIMS + (scale - 1) ** 2, rel=0.07, abs=0.005)
    assert sliced_wasserstein(sample(10, count=20_000).values, many) < 0.02


def test_a_normal_sample_is_at_no_distance() -> None:
    found = [
        (energy_distance(one, one.unit_weights)[0], squared_mmd(one, one.unit_weights)[0])
        for one in map(sample, range(8))
    ]
    assert np.abs(np.mean(found, axis=0)) == pytest.approx([0, 0], abs=2e-3)


def test_clips_that_are_alike_within_do_not_seem_farther() -> None:
    """Ten frames of a clip all the same, N(0, I) over clips: without pairs of one clip there is nothing to find."""
    found = []
    for seed in range(8):
        clip = np.repeat(np.arange(150), 10)
        pairs = GroupedSample(np.random.default_rng(seed).normal(size=(150, DIMS))[clip], clip)
        found.append(energy_distance(pairs, pairs.unit_weights)[0])
    assert abs(np.mean(found)) < 0.02


def test_weights_are_clips_drawn_again() -> None:
    pairs = sample(11, shift=0.5, count=60)
    drawn = np.random.default_rng(12).integers(20, size=20)
    weights = np.bincount(drawn, minlength=20)[None].astype(float)
    each = np.arange(60.0)
    copies = np.concatenate([each[pairs.groups == group] for group in drawn])
    assert pairs.mean(each, weights)[0] == pytest.approx(copies.mean())
    with pytest.raises(ValueError, match="two groups"):
        GroupedSample(np.zeros((3, 1)), np.zeros(3, dtype=int))


def test_spectrum_and_the_kl_of_its_normal() -> None:
    rng = np.random.default_rng(13)
    values = rng.normal(size=(100_000, 3)) * [2.0, 1.0, 0.5] + [0.0, 1.0, 0.0]
    assert covariance_spectrum(values) == pytest.approx([4, 1, 0.25], rel=0.03)
    assert gaussian_kl(values) == pytest.approx(0.5 * (5.25 + 1 - 3 - math.log(1.0)), rel=0.03)
    low, high = marchenko_pastur_edges(100, 400)
    found = covariance_spectrum(rng.normal(size=(400, 100)))
    assert low - 0.1 < found[-1] < found[0] < high + 0.2
    assert gaussian_kl(values * [1, 0, 1]) == math.inf


def test_a_network_tells_as_much_as_can_be_told() -> None:
    """Of N(2 e_1, I) and N(0, I) the best rule is right Phi(1) of the time; of the same, half."""
    shifted, same = sample(14, shift=2.0), sample(15)
    told = two_sample_accuracy(shifted.values, shifted.groups)
    assert told.low - 0.02 < stats.norm.cdf(1) < told.high + 0.02
    assert told.mean > 0.8
    nothing = two_sample_accuracy(same.values, same.groups)
    assert 0.44 < nothing.mean < 0.56
    with pytest.raises(ValueError, match="four recordings"):
        two_sample_accuracy(same.values[:6], same.groups[:6])
