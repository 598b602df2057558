"""Disentanglement scores of tables with known scores."""

import numpy as np
import pytest

from trainer.metrics.latents.disentanglement import (
    completeness,
    disentanglement,
    modularity,
    mutual_information_gap,
    separated_predictability,
)


def test_one_dimension_per_factor_scores_one() -> None:
    table = np.diag([2.0, 3.0, 1.0])
    assert mutual_information_gap(table, np.array([2.0, 3.0, 1.0])) == pytest.approx([1, 1, 1])
    assert separated_predictability(table / 3) == pytest.approx([2 / 3, 1, 1 / 3])
    assert modularity(table) == pytest.approx([1, 1, 1])
    assert disentanglement(table) == completeness(table) == pytest.approx(1.0)


def test_evenly_spread_information_scores_zero() -> None:
    table = np.full((3, 4), 0.5)
    assert mutual_information_gap(table, np.ones(3)) == pytest.approx([0, 0, 0])
    assert separated_predictability(table) == pytest.approx([0, 0, 0])
    assert modularity(table) == pytest.approx(np.zeros(4))
    assert disentanglement(table) == pytest.approx(0.0)
    assert completeness(table) == pytest.approx(0.0)


def test_scores_of_a_small_table() -> None:
    """Of three dimensions the first encodes factor 1, the second half of each factor, the third nothing."""
    table = np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 0.0]])
    assert mutual_information_gap(table, np.array([2.0, 1.0])) == pytest.approx([0.25, 0.5])
    found = modularity(table)
    assert found[:2] == pytest.approx([1.0, 0.0])
    assert np.isnan(found[2])
    assert disentanglement(table) == pytest.approx(0.5 * 1 + 0.5 * 0)
    first = 1 + (2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(3)
    assert completeness(table) == pytest.approx((1.5 * first + 0.5 * 1) / 2)
    assert disentanglement(np.zeros((2, 3))) == 0.0
