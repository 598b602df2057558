"""What probes prove, against closed forms and constructed answers."""

import numpy as np
import pytest

from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.probing.information_bounds import donsker_varadhan, margins, pointwise_information
from trainer.metrics.probing.trained_probe import FAMILIES, HIDDEN, train_probe


def normals(count: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Two classes of 2-D Gaussians `distance` apart: features, classes, and I(Y; Z) in bits by a million draws."""
    rng = np.random.default_rng(seed)
    draw = rng.normal(size=1_000_000) + distance / 2  # along the line between them, from its middle, given one class
    exact = 1 - np.mean(np.log2(1 + np.exp(-distance * draw)))
    classes = rng.integers(2, size=count)
    return rng.normal(size=(count, 2)) + distance * np.eye(2)[[0] * count] * classes[:, None], classes, exact


def test_perfect_and_ignorant_answers() -> None:
    """All of H(Y), 2 bits of four even classes; nothing."""
    classes = np.arange(400) % 4
    sure = np.log(np.where(np.eye(4)[classes] > 0, 1 - 3e-9, 1e-9))
    assert pointwise_information(sure, classes).mean() == pytest.approx(2.0, abs=1e-6)
    assert donsker_varadhan(sure, classes) == pytest.approx(2.0, abs=1e-6)
    ignorant = np.full((400, 4), np.log(0.25))
    assert pointwise_information(ignorant, classes) == pytest.approx(np.zeros(400))
    assert donsker_varadhan(ignorant, classes) == pytest.approx(0.0)
    wrong = np.roll(sure, 1, axis=1)
    assert pointwise_information(wrong, classes).mean() < -20


def test_a_noisy_channel_has_the_capacity_in_the_books() -> None:
    """A binary symmetric channel that errs one time in ten: 1 - h(0.1) = 0.5310 bits, by both bounds."""
    rng = np.random.default_rng(0)
    sent = np.tile([0, 1], 50_000)
    got = sent ^ (rng.permutation(np.arange(100_000)) < 10_000)
    answers = np.log(np.where(np.eye(2)[got] > 0, 0.9, 0.1))
    exact = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)
    assert exact == pytest.approx(0.5310, abs=1e-4)
    assert pointwise_information(answers, sent).mean() == pytest.approx(exact, abs=1e-9)
    assert donsker_varadhan(answers, sent) == pytest.approx(exact, abs=1e-3)
    assert donsker_varadhan(answers + 7.0, sent) == pytest.approx(donsker_varadhan(answers, sent)), (
        "no scale of its own"
    )
    # A probe that is too sure of itself proves less
    assert pointwise_information(np.log(np.where(np.eye(2)[got] > 0, 0.99, 0.01)), sent).mean() < exact - 0.1


@pytest.mark.parametrize(("family", "hidden"), FAMILIES.items())
def test_a_trained_probe_comes_near_what_there_is(family: str, hidden: int | None) -> None:
    features, classes, exact = normals(6000, 2.0, seed=1)
    assert exact == pytest.approx(0.486, abs=0.003)
    aside = np.arange(4000) % 5 == 0
    probe = train_probe(features[:4000].astype("f4"), classes[:4000], aside, 2, hidden)
    answers = probe(features[4000:].astype("f4"))
    assert np.exp(answers).sum(1) == pytest.approx(np.ones(2000), abs=1e-5)
    assert pointwise_information(answers, classes[4000:]).mean() == pytest.approx(exact, abs=0.04)
    assert donsker_varadhan(answers, classes[4000:]) == pytest.approx(exact, abs=0.04)


def test_shuffled_classes_prove_nothing() -> None:
    features, classes, _ = normals(3000, 2.0, seed=2)
    shuffled = np.random.default_rng(0).permutation(classes[:2000])
    for hidden in (None, HIDDEN):
        probe = train_probe(features[:2000].astype("f4"), shuffled, np.arange(2000) % 5 == 0, 2, hidden)
        assert -0.04 < pointwise_information(probe(features[2000:].astype("f4")), classes[2000:]).mean() < 0.01


def test_one_hidden_layer_tells_what_no_line_can() -> None:
    """The sign of a product: 1 bit, none of it linear."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(8000, 2)).astype("f4")
    classes = (features.prod(1) > 0).astype(np.int64)
    aside = np.arange(6000) % 5 == 0
    bits = {
        family: pointwise_information(
            train_probe(features[:6000], classes[:6000], aside, 2, hidden)(features[6000:]), classes[6000:]
        ).mean()
        for family, hidden in FAMILIES.items()
    }
    assert abs(bits["linear"]) < 0.02
    assert 0.85 < bits["one hidden layer"] < 1.0


def test_the_same_seed_gives_the_same_probe() -> None:
    features, classes, _ = normals(500, 1.0, seed=4)
    a, b, other = (
        train_probe(features.astype("f4"), classes, np.arange(500) % 5 == 0, 2, HIDDEN, seed=seed) for seed in (0, 0, 1)
    )
    points = features[:20].astype("f4")
    assert (a(points) == b(points)).all()
    assert (a(points) != other(points)).any()


def test_margins_are_distances_to_the_nearest_border() -> None:
    """Classes at x > 0 and x < 0, and a third above y = 1 + |x|, worked out by hand."""
    weights, biases = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0]]), np.array([0.0, 0.0, -2.0])
    points = np.array([[3.0, 0.0], [3.0, 0.0], [0.0, 5.0], [0.5, -10.0]])
    found = margins(points, np.array([0, 1, 2, 0]), weights, biases)
    assert found == pytest.approx([(6 + 2) / np.sqrt(8), -3.0, 8 / np.sqrt(8), 0.5])


def test_margins_without_weights_are_infinite() -> None:
    assert np.isinf(margins(np.ones((2, 2)), np.array([0, 1]), np.zeros((2, 2)), np.zeros(2))).all()


def test_entropy_is_the_ceiling() -> None:
    assert entropy_bits(np.arange(400) % 4) == pytest.approx(2.0)
