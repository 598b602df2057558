"""Sliced Wasserstein distance from N(0, I)."""

import pytest

from tests.trainer.metrics.prior.normal_sample import DIMS, normal_sample
from trainer.metrics.prior.sliced_wasserstein import random_directions, sliced_wasserstein


def test_normals_have_the_closed_form() -> None:
    """W_2^2 along u is (m . u)^2 + (sd - 1)^2; its mean over directions is |m|^2 / d + (sd - 1)^2."""
    directions = random_directions(DIMS, 500)
    for shift, scale in ((2.0, 1.0), (0.0, 1.5), (1.0, 0.5)):
        found = sliced_wasserstein(normal_sample(9, shift, scale, 20_000).values, directions)
        assert found**2 == pytest.approx(shift**2 / DIMS + (scale - 1) ** 2, rel=0.07, abs=0.005)
    assert sliced_wasserstein(normal_sample(10, count=20_000).values, directions) < 0.02
