import numpy as np
import pytest

from trainer.metrics.speech.path_smoothness import PathShape, path_shape, smoothness


def line(steps: int = 25, values: int = 40, seed: int = 0) -> np.ndarray:
    """A linear decoder's path: from one point straight to another."""
    first, last = np.random.default_rng(seed).normal(size=(2, values))
    return first + np.linspace(0, 1, steps + 1)[:, None] * (last - first)


def test_a_straight_line_is_as_smooth_as_can_be() -> None:
    found = path_shape(line())
    assert found.length / found.distance == pytest.approx(1.0)
    assert found.largest_step == pytest.approx(1.0)
    assert found.same_way == pytest.approx(1.0)
    assert found.distance == pytest.approx(np.linalg.norm(line()[-1] - line()[0]))


def test_a_staircase_has_the_largest_step_it_is_built_with() -> None:
    """24 steps in 4 jumps: each is six times the mean step, and none turns back."""
    stairs = line(4)[np.repeat(np.arange(5), [1, 6, 6, 6, 6])]
    found = path_shape(stairs)
    assert found.largest_step == pytest.approx(6.0)
    assert found.length / found.distance == pytest.approx(1.0)
    assert found.same_way == pytest.approx(1.0)


def test_there_and_part_of_the_way_back() -> None:
    """Three steps on and one back: twice as long as it leads, three quarters of it the same way."""
    found = path_shape(line(3)[[0, 1, 2, 3, 2]])
    assert found.length / found.distance == pytest.approx(2.0)
    assert found.largest_step == pytest.approx(1.0)
    assert found.same_way == pytest.approx(0.75)


def test_two_sides_of_a_square_turn_no_value_back() -> None:
    found = path_shape(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]))
    assert found.length / found.distance == pytest.approx(np.sqrt(2))
    assert found.same_way == pytest.approx(1.0)


def test_noise_goes_nowhere() -> None:
    """Points without order: each step is as long as the whole way, and hardly more goes one way than the other."""
    found = path_shape(np.random.default_rng(0).normal(size=(26, 4000)))
    assert found.length / found.distance == pytest.approx(25, rel=0.05)
    assert 0.5 < found.same_way < 0.55


def test_what_stands_still_has_no_shape() -> None:
    assert path_shape(np.ones((10, 4))) is None
    assert smoothness([None, None]).same_way is None
    assert smoothness([path_shape(line()), None]) == smoothness([path_shape(line())])


def test_paths_weigh_by_their_way_and_count_one_each() -> None:
    found = smoothness([PathShape(12.0, 10.0, 1.0, 1.0), PathShape(6.0, 0.0, 3.0, 0.5)])
    assert found.length_over_distance == pytest.approx(18 / 10)
    assert found.largest_step == pytest.approx(2.0)
    assert found.same_way == pytest.approx(0.75)
    closed = smoothness([PathShape(6.0, 0.0, 3.0, 0.5)])
    assert closed.length_over_distance is None
    assert closed.largest_step == 3.0
