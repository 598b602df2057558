"""Phone retention."""

import numpy as np
import pytest

from tests.signals import sine
from trainer.metrics.probing.pooling import log_mel_source
from trainer.metrics.probing.tasks import ProbeTask
from trainer.metrics.speech.phone_retention import FOLDS, phone_features, recognised_phones

RATE = 16_000


def test_features_are_the_means_of_the_phone_and_of_each_third() -> None:
    """A phone with a different tone in each third: each part has a different loudest band."""
    source = log_mel_source(RATE)
    tones = [sine(hz, 0.1, RATE) for hz in (300, 1000, 3000)]
    silence = np.zeros(RATE // 5)
    wave = np.concatenate([silence, *tones, silence]).astype(np.float32)
    (found,) = phone_features(source, wave, [(0.2, 0.5)])
    whole, *thirds = found.reshape(4, -1)
    loudest = [int(third.argmax()) for third in thirds]
    assert loudest == sorted(set(loudest))
    assert whole == pytest.approx(np.mean(thirds, axis=0), abs=1.0)
    assert phone_features(source, wave, [(0.2, 0.5), (0.2, 0.21)]).shape == (2, len(found))
    with pytest.raises(ValueError, match="span"):
        phone_features(source, wave, [])


def phones(count: int = 600) -> tuple[ProbeTask, np.ndarray]:
    """Three phones in 30 clips, with noisy one-hot features."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(3, size=count)
    clips = np.array([f"clip{number}" for number in rng.integers(30, size=count)])
    features = np.eye(3)[kinds] + 0.1 * rng.normal(size=(count, 3))
    return ProbeTask("phone", np.array(["a", "i", "u"])[kinds], clips, np.arange(count)), features.astype(np.float32)


def test_only_retained_phones_are_recognised() -> None:
    """Decoded features equal to the originals, with every fourth phone wrong, and constant."""
    task, originals = phones()
    swapped = originals.copy()
    swapped[::4] = np.roll(originals[::4], 1, axis=1)
    flat = np.broadcast_to(originals.mean(0), originals.shape)
    correct = recognised_phones(task, originals, {"same": originals, "swapped": swapped, "flat": flat})
    assert correct[""].mean() > 0.99
    assert np.array_equal(correct["same"], correct[""])
    assert np.array_equal(correct["swapped"][1::4], correct[""][1::4])
    assert not correct["swapped"][::4].any()
    assert correct["flat"].mean() == pytest.approx(1 / 3, abs=0.1)


def test_probe_is_trained_on_originals_of_other_clips_only() -> None:
    """Each clip's originals encode the phones differently, so other clips do not help; the decoded clips share one
    code, which a probe trained on them would know.
    """
    task, features = phones()
    rng = np.random.default_rng(1)
    scrambled = features.copy()
    for clip in sorted(set(task.groups.tolist())):
        rows = task.groups == clip
        scrambled[rows] = features[rows][:, rng.permutation(3)]
    correct = recognised_phones(task, scrambled, {"decoded": features})
    assert correct[""].mean() < 0.6
    assert correct["decoded"].mean() < 0.8


def test_too_few_clips_raise() -> None:
    task, originals = phones()
    one = ProbeTask("phone", task.classes, np.full(len(task.groups), "the only clip"), task.rows)
    with pytest.raises(ValueError, match=f"{FOLDS} folds"):
        recognised_phones(one, originals, {})
