"""Trained probes on classes with known information."""

import numpy as np
import pytest

from trainer.metrics.probing.information_bounds import pointwise_information
from trainer.metrics.probing.trained_probe import FAMILIES, HIDDEN, train_probe


def normals(count: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Features and classes of two 2-D Gaussians `distance` apart, and I(Y; Z) in bits from a million draws."""
    rng = np.random.default_rng(seed)
    draw = rng.normal(size=1_000_000) + distance / 2  # projection onto the line between the means, given one class
    exact = 1 - np.mean(np.log2(1 + np.exp(-distance * draw)))
    classes = rng.integers(2, size=count)
    return rng.normal(size=(count, 2)) + distance * np.eye(2)[[0] * count] * classes[:, None], classes, exact


@pytest.mark.parametrize(("family", "hidden"), FAMILIES.items())
def test_bounds_of_a_trained_probe_are_close_to_the_information(family: str, hidden: int | None) -> None:
    features, classes, exact = normals(6000, 2.0, seed=1)
    assert exact == pytest.approx(0.486, abs=0.003)
    validation = np.arange(4000) % 5 == 0
    probe = train_probe(features[:4000].astype("f4"), classes[:4000], validation, 2, hidden)
    log_probabilities = probe(features[4000:].astype("f4"))
    assert np.exp(log_probabilities).sum(1) == pytest.approx(np.ones(2000), abs=1e-5)
    assert pointwise_information(log_probabilities, classes[4000:]).mean() == pytest.approx(exact, abs=0.04)


def test_shuffled_classes_give_no_information() -> None:
    features, classes, _ = normals(3000, 2.0, seed=2)
    shuffled = np.random.default_rng(0).permutation(classes[:2000])
    for hidden in (None, HIDDEN):
        probe = train_probe(features[:2000].astype("f4"), shuffled, np.arange(2000) % 5 == 0, 2, hidden)
        assert -0.04 < pointwise_information(probe(features[2000:].astype("f4")), classes[2000:]).mean() < 0.01


def test_hidden_layer_finds_nonlinear_information() -> None:
    """The sign of a product carries 1 bit, none of it linear."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(8000, 2)).astype("f4")
    classes = (features.prod(1) > 0).astype(np.int64)
    validation = np.arange(6000) % 5 == 0
    bits = {
        family: pointwise_information(
            train_probe(features[:6000], classes[:6000], validation, 2, hidden)(features[6000:]), classes[6000:]
        ).mean()
        for family, hidden in FAMILIES.items()
    }
    assert abs(bits["linear"]) < 0.02
    assert 0.85 < bits["one hidden layer"] < 1.0


def test_probe_is_determined_by_its_seed() -> None:
    features, classes, _ = normals(500, 1.0, seed=4)
    a, b, other = (
        train_probe(features.astype("f4"), classes, np.arange(500) % 5 == 0, 2, HIDDEN, seed=seed) for seed in (0, 0, 1)
    )
    points = features[:20].astype("f4")
    assert (a(points) == b(points)).all()
    assert (a(points) != other(points)).any()


def test_linear_probe_of_other_voices_is_not_overconfident() -> None:
    """Each voice shifts 40 features by its own offset. Few voices let a probe without a penalty rely on the offsets."""
    rng = np.random.default_rng(3)
    voices, each = 30, 40
    voice = np.repeat(np.arange(voices), each)
    classes = rng.integers(4, size=voices * each)
    features = rng.normal(size=(len(voice), 40)) + rng.normal(scale=2.0, size=(voices, 40))[voice]
    features[:, :4] += 4 * np.eye(4)[classes]
    train, validation = voice < 15, voice[voice < 15] >= 12
    probe = train_probe(features[train].astype("f4"), classes[train], validation, 4, None)
    bits = pointwise_information(probe(features[~train].astype("f4")), classes[~train]).mean()
    assert 0.3 < bits < 2.0
