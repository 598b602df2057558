"""Information of one dimension about a factor, against closed forms and shuffled classes."""

import numpy as np
import pytest

from trainer.metrics.probing.dimension_information import (
    BINS,
    LEVELS,
    class_codes,
    entropy_bits,
    held_out_bits,
    quantile_codes,
    shuffle_groups,
)

FRAMES = 40_000


def folds_of(groups: int, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Group and fold of each frame; groups are consecutive [frames]."""
    group = np.arange(frames) * groups // frames
    return group, group % 5


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_correlated_gaussians_have_the_closed_form(rho: float) -> None:
    """-0.5 log2(1 - rho^2) is approached from below, because binning loses information."""
    rng = np.random.default_rng(0)
    z, noise = rng.normal(size=(2, FRAMES))
    y = rho * z + np.sqrt(1 - rho**2) * noise
    found = held_out_bits(quantile_codes(z, BINS), quantile_codes(y, LEVELS), folds_of(40)[1]).mean()
    exact = -0.5 * np.log2(1 - rho**2)
    assert 0.9 * exact - 0.02 < found < exact


@pytest.mark.parametrize(("rho", "share"), [(0.5, 0.2), (0.7, 0.4), (0.9, 0.63)])
def test_few_frames_read_a_part_of_the_information(rho: float, share: float) -> None:
    """600 frames and 16 levels: counting noise lowers the estimate, so figures of unequal n are not comparable."""
    exact = -0.5 * np.log2(1 - rho**2)
    shares = []
    for seed in range(20):
        z, noise = np.random.default_rng(seed).normal(size=(2, 6000))
        bins, levels = quantile_codes(z, BINS), quantile_codes(rho * z + np.sqrt(1 - rho**2) * noise, LEVELS)
        shares.append([held_out_bits(bins[:n], levels[:n], folds_of(40, n)[1]).mean() / exact for n in (600, 6000)])
    few, more = np.mean(shares, axis=0)
    assert few == pytest.approx(share, abs=0.08)
    assert few + 0.2 < more < 1


def test_shifted_gaussians_match_quadrature() -> None:
    """Two classes 2 sd apart: 1 bit minus the mean entropy of the posterior."""
    rng = np.random.default_rng(0)
    coin = rng.integers(2, size=FRAMES)
    z = rng.normal(size=FRAMES) + 2.0 * coin
    grid = np.linspace(-8, 10, 20_001)
    each = np.exp(-((grid[:, None] - [0.0, 2.0]) ** 2) / 2) / np.sqrt(2 * np.pi)
    posterior = each[:, 1] / each.sum(1)
    entropy = -(posterior * np.log2(posterior) + (1 - posterior) * np.log2(1 - posterior))
    exact = 1 - np.sum(each.mean(1) * np.nan_to_num(entropy)) * (grid[1] - grid[0])
    assert held_out_bits(quantile_codes(z, BINS), coin, folds_of(40)[1]).mean() == pytest.approx(exact, abs=0.02)


def test_code_of_the_class_has_its_entropy() -> None:
    rng = np.random.default_rng(1)
    names = rng.choice(["a", "b", "c", "d"], size=FRAMES, p=[0.5, 0.25, 0.125, 0.125])
    codes = class_codes(names)
    assert entropy_bits(codes) == pytest.approx(1.75, abs=0.01)
    found = held_out_bits(quantile_codes(codes + 0.1 * rng.normal(size=FRAMES), BINS), codes, folds_of(40)[1])
    assert found.mean() == pytest.approx(1.75, abs=0.03)


def test_speaker_code_has_no_information_about_factors_of_other_speakers() -> None:
    """Both are constant within a speaker and otherwise unrelated: about 2 bits if speakers are in both parts of the
    split, none on new speakers.
    """
    rng = np.random.default_rng(2)
    group, folds = folds_of(20)
    z = rng.normal(size=20)[group] + 0.01 * rng.normal(size=FRAMES)
    factor = quantile_codes(rng.normal(size=20)[group], 4)
    within = held_out_bits(quantile_codes(z, BINS), factor, rng.integers(5, size=FRAMES))
    assert within.mean() > 1.2
    assert held_out_bits(quantile_codes(z, BINS), factor, folds).mean() < 0


def test_shuffled_groups_have_no_information_for_slow_signals() -> None:
    """A class that lasts 50 frames, and one that is constant within a group, like the speaker of a recording."""
    rng = np.random.default_rng(3)
    group, folds = folds_of(200)
    for slow in (np.repeat(rng.integers(4, size=FRAMES // 50), 50), group // 50):
        z = quantile_codes(slow + rng.normal(size=FRAMES), BINS)
        assert held_out_bits(z, slow, folds).mean() > 0.5
        for seed in range(5):
            other = shuffle_groups(slow, group, seed)
            assert sorted(other) == sorted(slow)
            assert -0.02 < held_out_bits(z, other, folds).mean() < 0.02


def test_class_missing_from_training_stays_finite() -> None:
    classes = np.array([0] * 50 + [1] * 50)
    folds = np.arange(100) // 25
    folds[classes == 1] = 2
    found = held_out_bits(np.arange(100) % 2, classes, folds)
    assert np.isfinite(found).all()
    assert found[classes == 1].max() < 0.5, "an unseen class gives no information"
    with pytest.raises(ValueError, match="three folds"):
        held_out_bits(classes, classes, classes)


def test_equal_values_share_a_bin() -> None:
    codes = quantile_codes(np.array([0.0] * 50 + list(range(1, 51))), 10)
    assert len(set(codes[:50].tolist())) == 1
    assert len(set(codes.tolist())) == 6
    assert quantile_codes(np.zeros(10), 4).tolist() == [quantile_codes(np.zeros(10), 4)[0]] * 10
