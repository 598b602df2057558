import numpy as np
import pytest

from trainer.metrics.probing.pooling import log_mel_source
from trainer.metrics.probing.tasks import ProbeTask
from trainer.metrics.speech.phone_retention import FOLDS, phone_features, recognised_phones

RATE = 16_000


def test_features_are_the_mean_of_all_and_of_each_third() -> None:
    """A tone that jumps at each third of the phone, between silences: each part has its own loudest band."""
    source = log_mel_source(RATE)
    times = np.arange(RATE // 10) / RATE
    tones = [np.sin(2 * np.pi * hz * times) for hz in (300, 1000, 3000)]
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
    """Three phones in 30 clips, each named by the largest of three features up to noise."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(3, size=count)
    clips = np.array([f"clip{number}" for number in rng.integers(30, size=count)])
    features = np.eye(3)[kinds] + 0.1 * rng.normal(size=(count, 3))
    return ProbeTask("phone", np.array(["a", "i", "u"])[kinds], clips, np.arange(count)), features.astype(np.float32)


def test_what_is_kept_is_told_and_what_is_lost_is_not() -> None:
    """Decoded speech that is the original; that has the wrong phone in every fourth place; that has none at all."""
    question, originals = phones()
    swapped = originals.copy()
    swapped[::4] = np.roll(originals[::4], 1, axis=1)
    flat = np.broadcast_to(originals.mean(0), originals.shape)
    told = recognised_phones(question, originals, {"same": originals, "swapped": swapped, "flat": flat})
    assert told[""].mean() > 0.99
    assert np.array_equal(told["same"], told[""])
    assert np.array_equal(told["swapped"][1::4], told[""][1::4])
    assert not told["swapped"][::4].any()
    assert told["flat"].mean() == pytest.approx(1 / 3, abs=0.1)


def test_the_probe_hears_originals_of_other_clips_alone() -> None:
    """Each clip's originals have a code of its own for the phones, of which the other clips tell nothing; what is
    decoded has one code for all clips, which a probe that learnt from it would know.
    """
    question, features = phones()
    rng = np.random.default_rng(1)
    scrambled = features.copy()
    for clip in sorted(set(question.groups.tolist())):
        rows = question.groups == clip
        scrambled[rows] = features[rows][:, rng.permutation(3)]
    told = recognised_phones(question, scrambled, {"decoded": features})
    assert told[""].mean() < 0.6
    assert told["decoded"].mean() < 0.8


def test_clips_that_cannot_be_split_are_refused() -> None:
    question, originals = phones()
    one = ProbeTask("phone", question.classes, np.full(len(question.groups), "the only clip"), question.rows)
    with pytest.raises(ValueError, match=f"{FOLDS} folds"):
        recognised_phones(one, originals, {})
