"""Total correlation, disentanglement and concentration, against closed forms and codes made by hand."""

import numpy as np
import pytest

from trainer.metrics.latents.disentanglement import (
    completeness,
    disentanglement,
    modularity,
    mutual_information_gap,
    separated_predictability,
)
from trainer.metrics.latents.total_correlation import (
    gaussian_total_correlation,
    knn_total_correlation,
    shuffle_dimensions,
)
from trainer.metrics.probing.concentration import cumulative_shares, dimension_weights, dims_to_reach


def gaussians(rho: float, dims: int, n: int = 1500) -> tuple[np.ndarray, float]:
    """Normal variables, every two of which correlate by rho, and their total correlation in bits."""
    cov = np.full((dims, dims), rho) + (1 - rho) * np.eye(dims)
    values = np.random.default_rng(0).multivariate_normal(np.zeros(dims), cov, size=n)
    return values, -0.5 * np.log2(np.linalg.det(cov))


@pytest.mark.parametrize(("rho", "dims"), [(0.0, 4), (0.6, 2), (0.8, 3), (0.5, 5)])
def test_total_correlation_of_gaussians_is_the_closed_form(rho: float, dims: int) -> None:
    values, exact = gaussians(rho, dims)
    assert gaussian_total_correlation(values) == pytest.approx(exact, abs=0.06)
    assert knn_total_correlation(values) == pytest.approx(exact, abs=0.15)


def test_independent_dimensions_have_none_where_the_published_estimate_finds_nats() -> None:
    """At d = 5 a kernel density on its own points finds 5.96 nats."""
    values, _ = gaussians(0.0, 5)
    assert abs(gaussian_total_correlation(values)) < 0.03
    assert abs(knn_total_correlation(values)) < 0.15


def test_neighbours_see_what_no_correlation_shows() -> None:
    """A ring: no correlation, and a total correlation that the angle alone decides."""
    angle, noise = np.random.default_rng(1).uniform(0, 2 * np.pi, 1500), np.random.default_rng(2).normal(size=(1500, 2))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.1 * noise
    assert abs(gaussian_total_correlation(ring)) < 0.02
    assert knn_total_correlation(ring) > 1
    assert abs(knn_total_correlation(shuffle_dimensions(ring))) < 0.15
    assert sorted(shuffle_dimensions(ring)[:, 0]) == sorted(ring[:, 0])


def test_scale_and_dimensions_that_stand_still_make_no_difference() -> None:
    values, _ = gaussians(0.6, 3, n=400)
    warped = np.stack([1000 * values[:, 0], np.exp(values[:, 1]), values[:, 2], np.ones(400)], axis=1)
    assert knn_total_correlation(warped) == pytest.approx(knn_total_correlation(values))
    assert gaussian_total_correlation(np.c_[values * [1, 50, 1], np.ones(400)]) == pytest.approx(
        gaussian_total_correlation(values)
    )
    assert gaussian_total_correlation(np.ones((10, 3))) == knn_total_correlation(np.ones((10, 3))) == 0.0


def test_a_dimension_for_each_factor_scores_one_everywhere() -> None:
    table = np.diag([2.0, 3.0, 1.0])
    assert mutual_information_gap(table, np.array([2.0, 3.0, 1.0])) == pytest.approx([1, 1, 1])
    assert separated_predictability(table / 3) == pytest.approx([2 / 3, 1, 1 / 3])
    assert modularity(table) == pytest.approx([1, 1, 1])
    assert disentanglement(table) == completeness(table) == pytest.approx(1.0)


def test_what_is_spread_evenly_scores_nothing() -> None:
    table = np.full((3, 4), 0.5)
    assert mutual_information_gap(table, np.ones(3)) == pytest.approx([0, 0, 0])
    assert separated_predictability(table) == pytest.approx([0, 0, 0])
    assert modularity(table) == pytest.approx(np.zeros(4))
    assert disentanglement(table) == pytest.approx(0.0)
    assert completeness(table) == pytest.approx(0.0)


def test_scores_worked_out_by_hand() -> None:
    """Two factors, three dimensions: the first is the first factor's, the second half of each, the third none."""
    table = np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 0.0]])
    assert mutual_information_gap(table, np.array([2.0, 1.0])) == pytest.approx([0.25, 0.5])
    found = modularity(table)
    assert found[:2] == pytest.approx([1.0, 0.0])
    assert np.isnan(found[2])
    assert disentanglement(table) == pytest.approx(0.5 * 1 + 0.5 * 0)
    first = 1 + (2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(3)
    assert completeness(table) == pytest.approx((1.5 * first + 0.5 * 1) / 2)
    assert disentanglement(np.zeros((2, 3))) == 0.0


def test_weight_of_dimensions_leaves_out_what_is_common_to_all_classes() -> None:
    weights = np.array([[3.0, 5.0, 1.0], [-3.0, 5.0, 1.0], [0.0, 5.0, -2.0]])
    assert dimension_weights(weights) == pytest.approx([np.sqrt(18), 0.0, np.sqrt(6)])
    assert cumulative_shares(dimension_weights(weights)) == pytest.approx([0.75, 1.0, 1.0])
    assert cumulative_shares(np.zeros(2)) == pytest.approx([0.0, 0.0])


def test_dims_to_reach_nine_tenths() -> None:
    assert dims_to_reach({1: 0.5, 2: 0.91, 4: 0.95, 8: 1.0}) == 2
    assert dims_to_reach({1: 0.5, 2: 0.91, 4: 0.95, 8: 1.0}, share=0.99) == 8
    assert dims_to_reach({2: 1.0, 4: 0.4}) == 2, "where too many dimensions confuse the probe"
    assert dims_to_reach({1: -0.1, 2: 0.0}) is None
