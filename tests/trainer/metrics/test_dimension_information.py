"""Information of one dimension about a factor, against closed forms, constructed codes and shuffled classes."""

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
from trainer.metrics.statistics.significance import benjamini_hochberg, mean_p_values

FRAMES = 40_000


def folds_of(groups: int, frames: int = FRAMES) -> tuple[np.ndarray, np.ndarray]:
    """Groups that follow one another, and the fold of each frame."""
    group = np.arange(frames) * groups // frames
    return group, group % 5


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_two_gaussians_share_what_the_closed_form_says(rho: float) -> None:
    """-0.5 log2(1 - rho^2), from below, since bins lose some."""
    rng = np.random.default_rng(0)
    z, noise = rng.normal(size=(2, FRAMES))
    y = rho * z + np.sqrt(1 - rho**2) * noise
    found = held_out_bits(quantile_codes(z, BINS), quantile_codes(y, LEVELS), folds_of(40)[1]).mean()
    exact = -0.5 * np.log2(1 - rho**2)
    assert 0.9 * exact - 0.02 < found < exact


def test_a_gaussian_tells_of_a_coin_what_quadrature_says() -> None:
    """Two classes, a distance of 2 sd: 1 bit less the mean entropy of the posterior."""
    rng = np.random.default_rng(0)
    coin = rng.integers(2, size=FRAMES)
    z = rng.normal(size=FRAMES) + 2.0 * coin
    grid = np.linspace(-8, 10, 20_001)
    each = np.exp(-((grid[:, None] - [0.0, 2.0]) ** 2) / 2) / np.sqrt(2 * np.pi)
    posterior = each[:, 1] / each.sum(1)
    entropy = -(posterior * np.log2(posterior) + (1 - posterior) * np.log2(1 - posterior))
    exact = 1 - np.sum(each.mean(1) * np.nan_to_num(entropy)) * (grid[1] - grid[0])
    assert held_out_bits(quantile_codes(z, BINS), coin, folds_of(40)[1]).mean() == pytest.approx(exact, abs=0.02)


def test_a_code_that_names_the_class_tells_its_entropy_and_no_more() -> None:
    rng = np.random.default_rng(1)
    names = rng.choice(["a", "b", "c", "d"], size=FRAMES, p=[0.5, 0.25, 0.125, 0.125])
    codes = class_codes(names)
    assert entropy_bits(codes) == pytest.approx(1.75, abs=0.01)
    found = held_out_bits(quantile_codes(codes + 0.1 * rng.normal(size=FRAMES), BINS), codes, folds_of(40)[1])
    assert found.mean() == pytest.approx(1.75, abs=0.03)


def test_what_only_tells_the_speaker_tells_nothing_of_another_speakers_factor() -> None:
    """Both are constant within a speaker and else unrelated. Counting on the same speakers finds most of the
    factor's 2 bits; on others there are none.
    """
    rng = np.random.default_rng(2)
    group, folds = folds_of(20)
    z = rng.normal(size=20)[group] + 0.01 * rng.normal(size=FRAMES)
    factor = quantile_codes(rng.normal(size=20)[group], 4)
    within = held_out_bits(quantile_codes(z, BINS), factor, rng.integers(5, size=FRAMES))
    assert within.mean() > 1.2
    assert held_out_bits(quantile_codes(z, BINS), factor, folds).mean() < 0


def test_shuffled_groups_tell_nothing_though_both_are_slow() -> None:
    """A class that lasts 50 frames, and one that lasts for all of a group, as a speaker's name does for all of a
    recording.
    """
    rng = np.random.default_rng(3)
    group, folds = folds_of(200)
    for slow in (np.repeat(rng.integers(4, size=FRAMES // 50), 50), group // 50):
        z = quantile_codes(slow + rng.normal(size=FRAMES), BINS)
        assert held_out_bits(z, slow, folds).mean() > 0.5
        for seed in range(5):
            other = shuffle_groups(slow, group, seed)
            assert sorted(other) == sorted(slow)
            assert -0.02 < held_out_bits(z, other, folds).mean() < 0.02


def test_a_class_that_a_training_part_lacks_stays_finite() -> None:
    classes = np.array([0] * 50 + [1] * 50)
    folds = np.arange(100) // 25
    folds[classes == 1] = 2
    found = held_out_bits(np.arange(100) % 2, classes, folds)
    assert np.isfinite(found).all()
    assert found[classes == 1].max() < 0.5, "of what was never learnt nothing is claimed"
    with pytest.raises(ValueError, match="three folds"):
        held_out_bits(classes, classes, classes)


def test_equal_values_lie_in_one_bin() -> None:
    codes = quantile_codes(np.array([0.0] * 50 + list(range(1, 51))), 10)
    assert len(set(codes[:50].tolist())) == 1
    assert len(set(codes.tolist())) == 6
    assert quantile_codes(np.zeros(10), 4).tolist() == [quantile_codes(np.zeros(10), 4)[0]] * 10


def test_chance_of_independent_means_is_even() -> None:
    """Under no effect, a share p of the tests has a chance under p: also with neighbours that are alike."""
    rng = np.random.default_rng(4)
    sums = 30 * rng.normal(size=(12, 4000))  # of 30 frames of a group, all the same
    chances = mean_p_values(sums, np.full(12, 30.0))
    for share in (0.01, 0.05, 0.5):
        assert (chances < share).mean() == pytest.approx(share, abs=4 * np.sqrt(share / 4000))
    assert benjamini_hochberg(chances).sum() <= 2


def test_chance_is_the_t_test_where_groups_are_of_one_size() -> None:
    """Group means 1 .. 5: mean 3, standard error sqrt(2.5 / 5), t = 4.243, 4 degrees of freedom: p = 0.00662."""
    sums = 10 * np.arange(1.0, 6.0)[:, None]
    assert mean_p_values(sums, np.full(5, 10.0))[0] == pytest.approx(0.00662, abs=5e-5)
    assert mean_p_values(np.ones((3, 1)), np.ones(3))[0] == 0.0
    assert mean_p_values(-np.ones((3, 1)), np.ones(3))[0] == 1.0
    with pytest.raises(ValueError, match="two groups"):
        mean_p_values(np.ones((1, 1)), np.ones(1))


def test_the_correction_is_benjamini_and_hochbergs() -> None:
    """Their own example (1995, section 4): of 15 tests at 5 %, the first four."""
    chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    chances += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert benjamini_hochberg(np.array(chances)).tolist() == [True] * 4 + [False] * 11
    assert not benjamini_hochberg(np.array([0.2, 0.9])).any()
