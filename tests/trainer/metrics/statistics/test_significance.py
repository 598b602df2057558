"""P-values of means over groups and the Benjamini-Hochberg correction."""

import numpy as np
import pytest

from trainer.metrics.statistics.significance import benjamini_hochberg, mean_p_values


def test_p_values_are_uniform_without_an_effect() -> None:
    """A share p of the tests has a p-value below p, with correlated frames within groups as well."""
    rng = np.random.default_rng(4)
    sums = 30 * rng.normal(size=(12, 4000))  # 30 identical frames per group
    p_values = mean_p_values(sums, np.full(12, 30.0))
    for share in (0.01, 0.05, 0.5):
        assert (p_values < share).mean() == pytest.approx(share, abs=4 * np.sqrt(share / 4000))
    assert benjamini_hochberg(p_values).sum() <= 2


def test_p_value_is_that_of_the_t_test_for_groups_of_equal_size() -> None:
    """Group means 1 .. 5: mean 3, standard error sqrt(2.5 / 5), t = 4.243, 4 degrees of freedom: p = 0.00662."""
    sums = 10 * np.arange(1.0, 6.0)[:, None]
    assert mean_p_values(sums, np.full(5, 10.0))[0] == pytest.approx(0.00662, abs=5e-5)
    assert mean_p_values(np.ones((3, 1)), np.ones(3))[0] == 0.0
    assert mean_p_values(-np.ones((3, 1)), np.ones(3))[0] == 1.0
    with pytest.raises(ValueError, match="two groups"):
        mean_p_values(np.ones((1, 1)), np.ones(1))


def test_correction_reproduces_the_published_example() -> None:
    """Benjamini and Hochberg 1995, section 4: the first 4 of 15 tests are significant at 5 %."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p_values += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert benjamini_hochberg(np.array(p_values)).tolist() == [True] * 4 + [False] * 11
    assert not benjamini_hochberg(np.array([0.2, 0.9])).any()
