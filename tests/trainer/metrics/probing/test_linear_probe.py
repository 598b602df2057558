"""Linear probes on classes with known separability."""

import numpy as np
import pytest

from trainer.metrics.probing.linear_probe import run_probe, weight_spread

CLASSES = np.array(["a", "i", "u"])


def test_accuracy_is_that_of_the_optimal_linear_classifier() -> None:
    """Two classes one sd apart in one dimension: the optimal threshold has accuracy Phi(0.5) = 0.691."""
    rng = np.random.default_rng(0)
    classes = CLASSES[rng.integers(2, size=6000)]
    features = ((classes == "i") + rng.normal(size=6000))[:, None].astype(np.float32)
    train = np.arange(6000) < 3000
    found = run_probe(features * 1e-4 + 50, classes, train, ~train)  # neither scale nor offset matters
    assert found.correct.mean() == pytest.approx(0.691, abs=0.02)


def test_weight_spread_is_small_if_one_feature_carries_the_label() -> None:
    rng = np.random.default_rng(0)
    classes = CLASSES[rng.integers(2, size=2000)]
    signs = np.where(classes == "i", 1.0, -1.0)[:, None]
    train = np.arange(2000) < 1500
    one = np.concatenate([signs + rng.normal(size=(2000, 1)), rng.normal(size=(2000, 63))], axis=1)
    every = signs / 8 * np.where(np.arange(64) % 2, 1, -1) + rng.normal(size=(2000, 64))
    spread_one, spread_every = (run_probe(x, classes, train, ~train).weight_spread for x in (one, every))
    assert spread_one < 0.2
    assert spread_every > 0.4


def test_weight_spread_falls_with_the_number_of_features_that_carry() -> None:
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(3, 512))
    few = 0.01 * rng.normal(size=(3, 512))
    few[:, :8] = rng.normal(size=(3, 8))
    assert weight_spread(signs) == pytest.approx(1.0, abs=0.01)
    assert weight_spread(rng.normal(size=(3, 512))) == pytest.approx(0.3, abs=0.05)
    assert weight_spread(few) < 0.1
    assert weight_spread(np.zeros((3, 4))) == 0.0
