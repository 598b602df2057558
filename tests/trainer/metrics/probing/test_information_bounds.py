"""Information bounds against closed forms."""

import numpy as np
import pytest

from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.probing.information_bounds import margins, pointwise_information


def test_perfect_and_uninformative_predictions() -> None:
    """Four equally frequent classes: H(Y) = 2 bits, and 0 bits."""
    classes = np.arange(400) % 4
    sure = np.log(np.where(np.eye(4)[classes] > 0, 1 - 3e-9, 1e-9))
    assert pointwise_information(sure, classes).mean() == pytest.approx(2.0, abs=1e-6)
    uninformative = np.full((400, 4), np.log(0.25))
    assert pointwise_information(uninformative, classes) == pytest.approx(np.zeros(400))
    wrong = np.roll(sure, 1, axis=1)
    assert pointwise_information(wrong, classes).mean() < -20


def test_binary_symmetric_channel_has_its_capacity() -> None:
    """With an error rate of 0.1: 1 - h(0.1) = 0.5310 bits."""
    rng = np.random.default_rng(0)
    sent = np.tile([0, 1], 50_000)
    received = sent ^ (rng.permutation(np.arange(100_000)) < 10_000)
    log_probabilities = np.log(np.where(np.eye(2)[received] > 0, 0.9, 0.1))
    exact = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)
    assert exact == pytest.approx(0.5310, abs=1e-4)
    assert pointwise_information(log_probabilities, sent).mean() == pytest.approx(exact, abs=1e-9)
    # An overconfident probe has a lower bound
    assert pointwise_information(np.log(np.where(np.eye(2)[received] > 0, 0.99, 0.01)), sent).mean() < exact - 0.1


def test_margins_are_distances_to_the_nearest_boundary() -> None:
    """Classes x > 0, x < 0 and y > 1 + |x|, with distances computed by hand."""
    weights, biases = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0]]), np.array([0.0, 0.0, -2.0])
    points = np.array([[3.0, 0.0], [3.0, 0.0], [0.0, 5.0], [0.5, -10.0]])
    found = margins(points, np.array([0, 1, 2, 0]), weights, biases)
    assert found == pytest.approx([(6 + 2) / np.sqrt(8), -3.0, 8 / np.sqrt(8), 0.5])


def test_margins_without_weights_are_infinite() -> None:
    assert np.isinf(margins(np.ones((2, 2)), np.array([0, 1]), np.zeros((2, 2)), np.zeros(2))).all()


def test_entropy_of_uniform_classes() -> None:
    assert entropy_bits(np.arange(400) % 4) == pytest.approx(2.0)
