"""Covariance spectrum and the KL of the moment-matched Gaussian."""

import math

import numpy as np
import pytest

from trainer.metrics.prior.covariance_spectrum import covariance_spectrum, gaussian_kl, marchenko_pastur_edges


def test_spectrum_and_kl_of_a_gaussian() -> None:
    rng = np.random.default_rng(13)
    values = rng.normal(size=(100_000, 3)) * [2.0, 1.0, 0.5] + [0.0, 1.0, 0.0]
    assert covariance_spectrum(values) == pytest.approx([4, 1, 0.25], rel=0.03)
    assert gaussian_kl(values) == pytest.approx(0.5 * (5.25 + 1 - 3 - math.log(1.0)), rel=0.03)
    low, high = marchenko_pastur_edges(100, 400)
    found = covariance_spectrum(rng.normal(size=(400, 100)))
    assert low - 0.1 < found[-1] < found[0] < high + 0.2
    assert gaussian_kl(values * [1, 0, 1]) == math.inf
