"""Classifier two-sample test against N(0, I)."""

import pytest
from scipy import stats

from tests.trainer.metrics.prior.normal_sample import normal_sample
from trainer.metrics.prior.two_sample import two_sample_accuracy


def test_accuracy_is_that_of_the_optimal_classifier() -> None:
    """The optimal accuracy for N(2 e_1, I) against N(0, I) is Phi(1); for equal distributions it is 1/2."""
    shifted, same = normal_sample(14, shift=2.0), normal_sample(15)
    accuracy = two_sample_accuracy(shifted.values, shifted.groups)
    assert accuracy.low - 0.02 < stats.norm.cdf(1) < accuracy.high + 0.02
    assert accuracy.mean > 0.8
    chance = two_sample_accuracy(same.values, same.groups)
    assert 0.44 < chance.mean < 0.56
    with pytest.raises(ValueError, match="four recordings"):
        two_sample_accuracy(same.values[:6], same.groups[:6])
