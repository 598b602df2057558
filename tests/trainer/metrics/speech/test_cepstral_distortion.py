"""Mel-cepstral distortion."""

import numpy as np
import pytest

from trainer.metrics.speech.cepstral_distortion import COEFFICIENTS, mel_cepstral_distortion


def spectrogram(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-20, 5, size=(80, 50))


@pytest.mark.parametrize("order", [1, 5, COEFFICIENTS])
def test_distortion_of_one_ripple(order: int) -> None:
    """A cosine of amplitude a dB over the bands has an RMS of a / sqrt(2) dB."""
    ripple = 3.0 * np.cos(np.pi * order * (np.arange(80) + 0.5) / 80)[:, None]
    assert mel_cepstral_distortion(spectrogram(), spectrogram() + ripple) == pytest.approx(3 / np.sqrt(2))


def test_distortion_ignores_loudness_and_harmonics() -> None:
    harmonics = 3.0 * np.cos(np.pi * (COEFFICIENTS + 1) * (np.arange(80) + 0.5) / 80)[:, None]
    assert mel_cepstral_distortion(spectrogram(), spectrogram() + 5) == pytest.approx(0.0, abs=1e-9)
    assert mel_cepstral_distortion(spectrogram(), spectrogram() + harmonics) == pytest.approx(0.0, abs=1e-9)
