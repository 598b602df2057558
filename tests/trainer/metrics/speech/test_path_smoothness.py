"""Shapes of paths with known lengths and turns."""

import numpy as np
import pytest

from trainer.metrics.speech.path_smoothness import PathShape, path_shape, smoothness


def line(steps: int = 25, values: int = 40, seed: int = 0) -> np.ndarray:
    """A straight path between two random points, as of a linear decoder [steps + 1, values]."""
    first, last = np.random.default_rng(seed).normal(size=(2, values))
    return first + np.linspace(0, 1, steps + 1)[:, None] * (last - first)


def test_straight_line_is_perfectly_smooth() -> None:
    found = path_shape(line())
    assert found.length / found.distance == pytest.approx(1.0)
    assert found.largest_step == pytest.approx(1.0)
    assert found.same_way == pytest.approx(1.0)
    assert found.distance == pytest.approx(np.linalg.norm(line()[-1] - line()[0]))


def test_staircase_has_its_largest_step() -> None:
    """24 steps in 4 jumps: each jump is six times the mean step, and no value reverses."""
    stairs = line(4)[np.repeat(np.arange(5), [1, 6, 6, 6, 6])]
    found = path_shape(stairs)
    assert found.largest_step == pytest.approx(6.0)
    assert found.length / found.distance == pytest.approx(1.0)
    assert found.same_way == pytest.approx(1.0)


def test_path_that_partly_returns() -> None:
    """Three steps forward and one back: length is twice the distance, 3/4 of the movement goes forward."""
    found = path_shape(line(3)[[0, 1, 2, 3, 2]])
    assert found.length / found.distance == pytest.approx(2.0)
    assert found.largest_step == pytest.approx(1.0)
    assert found.same_way == pytest.approx(0.75)


def test_two_sides_of_a_square_reverse_no_value() -> None:
    found = path_shape(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]))
    assert found.length / found.distance == pytest.approx(np.sqrt(2))
    assert found.same_way == pytest.approx(1.0)


def test_random_points_have_no_direction() -> None:
    """For independent points each step is as long as the distance from end to end."""
    found = path_shape(np.random.default_rng(0).normal(size=(26, 4000)))
    assert found.length / found.distance == pytest.approx(25, rel=0.05)
    assert 0.5 < found.same_way < 0.55


def test_constant_path_has_no_shape() -> None:
    assert path_shape(np.ones((10, 4))) is None
    assert smoothness([None, None]).same_way is None
    assert smoothness([path_shape(line()), None]) == smoothness([path_shape(line())])


def test_lengths_are_summed_and_other_measures_averaged() -> None:
    found = smoothness([PathShape(12.0, 10.0, 1.0, 1.0), PathShape(6.0, 0.0, 3.0, 0.5)])
    assert found.length_over_distance == pytest.approx(18 / 10)
    assert found.largest_step == pytest.approx(2.0)
    assert found.same_way == pytest.approx(0.75)
    closed = smoothness([PathShape(6.0, 0.0, 3.0, 0.5)])
    assert closed.length_over_distance is None
    assert closed.largest_step == 3.0
