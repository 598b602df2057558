"""STOI."""

import numpy as np
import pytest

from tests.signals import speech_like, white_noise
from trainer.metrics.speech.stoi import stoi

RATE = 16_000


def test_stoi_of_the_clip_itself_and_of_noise() -> None:
    pytest.importorskip("pystoi")
    wave = speech_like(2.0, RATE).astype(np.float32)
    noise = white_noise(2.0, RATE, level=0.1, seed=1).astype(np.float32)
    assert stoi(wave, wave, RATE) == pytest.approx(1.0)
    assert stoi(wave, noise, RATE) < 0.4
    assert stoi(wave, noise, RATE) < stoi(wave, wave + noise, RATE) < 0.95
    for samples in (1, 100, RATE // 4):
        assert stoi(wave[:samples], wave[:samples], RATE) is None
    silence = np.zeros_like(wave)
    assert stoi(wave, silence, RATE) == pytest.approx(0.0, abs=0.1)
