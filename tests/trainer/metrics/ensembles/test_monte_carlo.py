"""Monte Carlo information compared with the bound."""

import math

import numpy as np
import pytest

from tests.trainer.metrics.ensembles.gaussian_channel import N, gaussian_channel, stack_channels
from trainer.metrics.ensembles.fingerprints import GaussianFingerprints
from trainer.metrics.ensembles.monte_carlo import monte_carlo_bits, monte_carlo_nmi
from trainer.metrics.ensembles.shared_information import shared_information


def test_published_example_in_one_dimension() -> None:
    """A channel with 2.10 bits about a normal signal has a bound of 1.79 bits, in closed form for N to infinity."""
    v = 2 ** (-2 * 2.10)
    wide = 4 * v + (1 - v)
    bound = 0.5 * math.log2(wide / (4 * v)) + (1 - v) / (2 * wide) / math.log(2)
    assert bound == pytest.approx(1.79, abs=0.01)
    rng = np.random.default_rng(2)
    found = [
        (float(shared_information(GaussianFingerprints(m[None], lv[None])).single[0]), monte_carlo_bits(m, lv).mean())
        for m, lv in (gaussian_channel(rng, 2.10) for _ in range(4))
    ]
    bounds, draws = np.mean(found, axis=0)
    assert bounds == pytest.approx(1.79, abs=0.05)
    assert draws == pytest.approx(2.10, abs=0.05)


@pytest.mark.parametrize("bits", [0.25, 0.5, 1.0, 1.5, 1.9])
def test_bound_is_close_to_draws_for_few_bits(bits: float) -> None:
    """The bound is at most 0.33 bits below the Monte Carlo estimate, and VI at most 0.6; the errors cancel in NMI."""
    rng = np.random.default_rng(3)
    signal = rng.normal(size=N)
    other = 0.8 * signal + 0.6 * rng.normal(size=N)
    first, second = gaussian_channel(rng, bits, signal), gaussian_channel(rng, bits, other)
    shared = shared_information(GaussianFingerprints(*stack_channels(first, second)))
    drawn = monte_carlo_bits(*first).mean()
    assert drawn == pytest.approx(bits, abs=0.1)
    assert drawn - 0.33 < shared.single[0] < drawn
    nmi, vi = monte_carlo_nmi(first, second)
    assert shared.nmi()[0, 1] == pytest.approx(nmi, abs=0.1)
    assert vi - 0.6 < shared.vi()[0, 1] < vi
