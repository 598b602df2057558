"""DNSMOS of sounds whose order of quality is known."""

import numpy as np
import pytest

from tests.signals import formant_harmonics, white_noise
from trainer.metrics.speech.dnsmos import dnsmos

pytest.importorskip("speechmos")
RATE = 16_000


def test_noise_lowers_the_score() -> None:
    clean = 0.1 * formant_harmonics(120.0, (700, 1200), 2.0, RATE)
    clean *= 0.5 + 0.5 * np.sin(2 * np.pi * 3 * np.arange(len(clean)) / RATE)
    noisy = clean + white_noise(2.0, RATE, level=0.3)
    quiet, loud = (dnsmos(wave.astype("f4"), RATE) for wave in (clean, noisy))
    assert quiet is not None
    assert loud is not None
    assert 1 <= loud < quiet <= 5


def test_silence_has_no_score() -> None:
    assert dnsmos(np.zeros(RATE, dtype="f4"), RATE) is None


def test_other_sample_rates_and_peaks_above_full_scale_are_accepted() -> None:
    wave = (3 * formant_harmonics(120.0, (700, 1200), 1.0, 22_050)).astype("f4")
    assert dnsmos(wave, 22_050) is not None
