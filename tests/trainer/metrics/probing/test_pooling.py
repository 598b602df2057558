"""Pooling over spans."""

import numpy as np
import pytest

from tests.signals import sine, white_noise
from trainer.audio import loudness_gain
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    MEAN,
    MEAN_SD,
    WHOLE_CLIP,
    log_mel_source,
    normalise_loudness,
    pool_clips,
    select_pooling,
)

RATE = 16_000


def test_poolings_are_columns() -> None:
    features = np.arange(12, dtype=np.float32).reshape(2, 6)
    assert select_pooling(features, MEAN).tolist() == [[0, 1, 2], [6, 7, 8]]
    assert select_pooling(features, MEAN_SD) is features


def tone(hz: float, seconds: float) -> np.ndarray:
    return sine(hz, seconds, RATE, level=0.1).astype(np.float32)


def test_span_contains_only_its_sound() -> None:
    """300 Hz for half a second, then 3000 Hz."""
    halves = np.concatenate([tone(300, 0.5), tone(3000, 0.5)])
    source = log_mel_source(RATE)
    found = pool_clips([source], [(halves, [(0.05, 0.45), (0.55, 0.95), WHOLE_CLIP]), (tone(300, 1.0), [(0.05, 0.45)])])
    first, second, whole, alone = select_pooling(found[LOG_MEL], MEAN)
    assert first == pytest.approx(alone, abs=1e-3)
    assert first.argmax() < second.argmax()
    assert (np.minimum(first, second) - 1 < whole).all()
    assert found[LOG_MEL][0, 40 + first.argmax()] == pytest.approx(0.0, abs=0.01)  # a steady tone does not vary


def test_loudness_is_normalised_for_any_level() -> None:
    noise = white_noise(0.5, RATE, level=0.1).astype(np.float32)
    for factor in (0.01, 1.0, 3.0):
        assert loudness_gain(normalise_loudness(factor * noise, -23.0), -23.0) == pytest.approx(1.0)
