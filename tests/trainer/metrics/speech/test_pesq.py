"""PESQ."""

import numpy as np
import pytest

from tests.signals import speech_like, white_noise
from trainer.metrics.speech.pesq import pesq

RATE = 16_000


def test_pesq_of_the_clip_itself_and_with_noise() -> None:
    pytest.importorskip("pesq")
    wave = speech_like(2.0, RATE).astype(np.float32)
    noise = white_noise(2.0, RATE, level=0.1, seed=1).astype(np.float32)
    assert pesq(wave, wave, RATE) == pytest.approx(4.644, abs=0.001)
    assert 1 <= pesq(wave, wave + noise, RATE) < 2
    assert pesq(wave[::2], wave[::2], RATE // 2) == pytest.approx(4.644, abs=0.001)
    assert pesq(wave[:1000], wave[:1000], RATE) is None
    assert pesq(wave, np.zeros_like(wave), RATE) is None
    assert pesq(np.tile(wave, 11), np.tile(wave, 11), RATE) is None, "longer than the reference code supports"
