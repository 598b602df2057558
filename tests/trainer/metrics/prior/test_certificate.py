"""Certificates where the KL they bound is known."""

import math

import numpy as np
import pytest
from scipy import special

from trainer.metrics.prior.certificate import capacity, certify, dimension_blocks, standardise

CLIPS, FRAMES = 200, 3


def mixture_kl(centres: np.ndarray, shares: np.ndarray, noise: float) -> float:
    """KL( X + Z || N(0, 1 + s^2) ), nats, of a discrete X with `shares` at `centres`, by quadrature."""
    grid = np.linspace(-12, 12, 100_001)
    logs = -((grid[:, None] - centres) ** 2) / (2 * noise) - 0.5 * math.log(2 * math.pi * noise)
    log_p = special.logsumexp(logs, axis=1, b=shares)
    log_q = -(grid**2) / (2 * (1 + noise)) - 0.5 * math.log(2 * math.pi * (1 + noise))
    return float((np.exp(log_p) * (log_p - log_q)).sum() * (grid[1] - grid[0]))


def test_capacities_are_those_of_the_paper() -> None:
    """Bits per dimension for s^2 = .05, .1, .25, 1."""
    bits = [capacity(1, noise) / math.log(2) for noise in (0.05, 0.1, 0.25, 1.0)]
    assert bits == pytest.approx([2.20, 1.73, 1.16, 0.50], abs=0.006)
    assert capacity(3, 0.25, "uniform") == pytest.approx(3 * math.log(3))


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_bound_of_a_two_point_code_is_close_to_its_kl(noise: float) -> None:
    """X is -1 or 1 and constant within a clip: 200 independent values, not 600. The bound holds in at least 18 of 20
    runs and is close.
    """
    truth = mixture_kl(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), noise)
    clip = np.repeat(np.arange(CLIPS), FRAMES)
    covered, bounds = 0, []
    for seed in range(20):
        codes = np.random.default_rng(seed).choice([-1.0, 1.0], size=CLIPS)[clip][:, None]
        found = certify(codes, clip, noise, seed=seed)
        covered += found.high >= truth
        bounds.append(found.high)
    assert covered >= 18
    assert truth < np.mean(bounds) < truth + 0.1


def test_bound_of_normal_codes_is_close_to_zero() -> None:
    clip = np.repeat(np.arange(CLIPS), FRAMES)
    for seed in range(5):
        found = certify(np.random.default_rng(seed).normal(size=(len(clip), 2)), clip, 0.25, seed=seed)
        assert 0 <= found.high < 0.1
        assert found.variation == pytest.approx(math.sqrt(found.high / 2))
        assert not found.binds
    wide = certify(np.random.default_rng(0).normal(size=(len(clip), 8)), clip, 0.05)
    assert wide.capacity > wide.ceiling, "eight dimensions have more capacity than 600 frames can certify"
    assert wide.binds
    assert wide.high > wide.capacity - wide.ceiling


def test_normal_with_other_moments_has_the_closed_form() -> None:
    """N(0.5, 0.49) + N(0, 0.1) against N(0, 1.1)."""
    codes = 0.5 + 0.7 * np.random.default_rng(1).normal(size=(1500, 1))
    truth = 0.5 * ((0.59 + 0.25) / 1.1 - 1 - math.log(0.59 / 1.1))
    found = certify(codes, np.arange(1500) // 5, 0.1)
    assert found.low < truth < found.high
    assert found.kl == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize(("noise", "gap"), [(0.25, 0.155), (0.1, 0.082), (0.05, 0.045)])
def test_uniform_codes_have_the_known_gap(noise: float, gap: float) -> None:
    codes = np.random.default_rng(2).uniform(size=(2000, 1))
    found = certify(codes, np.arange(2000) // 4, noise, "uniform")
    assert found.low < gap < found.high
    assert found.kl == pytest.approx(gap, abs=0.015)


def test_codes_are_standardised_by_reference() -> None:
    rng = np.random.default_rng(3)
    reference, codes = 3 + 2 * rng.normal(size=(100, 2)), 3 + 2 * rng.normal(size=(50, 2))
    found = standardise(codes, reference)
    assert found == pytest.approx((codes - reference.mean(0)) / reference.std(0))
    with pytest.raises(ValueError, match="dimension 1 is constant"):
        standardise(codes, reference * [1, 0])
    assert dimension_blocks(5, 2) == [[0, 1], [2, 3], [4]]


def test_invalid_codes_raise() -> None:
    with pytest.raises(ValueError, match="three recordings"):
        certify(np.zeros((4, 1)), np.array([0, 0, 1, 1]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        certify(np.full((4, 1), 2.0), np.arange(4), target="uniform")
