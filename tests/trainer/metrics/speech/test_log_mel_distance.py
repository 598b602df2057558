"""Log-mel distance."""

import numpy as np
import pytest

from trainer.metrics.speech.log_mel_distance import log_mel_distance


def spectrogram(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-20, 5, size=(80, 50))


def test_distance_is_in_decibels() -> None:
    original = spectrogram()
    assert log_mel_distance(original, original) == 0.0
    assert log_mel_distance(original, original + 2) == pytest.approx(2.0)
    half = original.copy()
    half[:40] += 2  # RMS within a frame
    assert log_mel_distance(original, half) == pytest.approx(np.sqrt(2))
    some = original.copy()
    some[:, :25] += 2  # mean over frames
    assert log_mel_distance(original, some) == pytest.approx(1.0)


def test_inaudible_levels_do_not_count() -> None:
    """Levels more than 60 dB below the original's maximum."""
    original = np.full((80, 50), -70.0)
    original[:, 25] = 0.0
    quieter, louder = original.copy(), original.copy()
    quieter[:, 0], louder[:, 0] = -200.0, -50.0
    assert log_mel_distance(original, quieter) == 0.0
    assert log_mel_distance(original, louder) == pytest.approx(10 / 50)
