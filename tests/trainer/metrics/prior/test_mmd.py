"""Maximum mean discrepancy from N(0, I)."""

import math

import numpy as np
import pytest

from tests.trainer.metrics.prior.normal_sample import DIMS, normal_sample
from trainer.metrics.prior.mmd import squared_mmd


def test_shifted_normal_has_the_closed_form() -> None:
    """E k(X, X') = E k(Y, Y') = (d / (d + 2))^(d/2), and E k(X, Y) is that times e^(-1 / (2 (d + 2)))."""
    sample = normal_sample(8, shift=1.0)
    same = (DIMS / (DIMS + 2)) ** (DIMS / 2)
    exact = 2 * same * (1 - math.exp(-1 / (2 * (DIMS + 2))))
    found = [squared_mmd(normal_sample(seed, shift=1.0), sample.unit_weights)[0] for seed in range(8, 14)]
    assert np.mean(found) == pytest.approx(exact, abs=0.006)


def test_normal_sample_has_zero_distance() -> None:
    distances = [squared_mmd(one, one.unit_weights)[0] for one in map(normal_sample, range(8))]
    assert np.mean(distances) == pytest.approx(0, abs=2e-3)
