"""Median F0 of voiced segments."""

import numpy as np
import pytest

from tests.signals import harmonics
from trainer.audio.pitch import median_f0

RATE = 22_050


def buzz(f0: float) -> np.ndarray:
    return harmonics(f0, 0.5, RATE)


@pytest.mark.parametrize("f0", [72.0, 110.0, 187.3, 333.3])
@pytest.mark.parametrize("ratio", [0.8, 1.0, 1.3])
def test_constant_f0_is_found(f0: float, ratio: float) -> None:
    assert median_f0(buzz(f0), RATE, [(0.05, 0.45)], ratio * f0) == pytest.approx(f0, rel=0.003)


def test_subharmonic_is_ignored() -> None:
    rough = buzz(200.0) + 0.3 * buzz(100.0)
    assert median_f0(rough, RATE, [(0.05, 0.45)], 190.0) == pytest.approx(200.0, rel=0.01)


def test_only_given_segments_count() -> None:
    wave = np.concatenate([buzz(100.0), buzz(140.0)])
    assert median_f0(wave, RATE, [(0.55, 0.95)], 120.0) == pytest.approx(140.0, rel=0.003)


def test_noise_silence_and_short_segments_have_no_f0() -> None:
    noise = np.random.default_rng(0).normal(size=RATE)
    assert median_f0(noise, RATE, [(0.0, 1.0)], 120.0) is None
    assert median_f0(np.zeros(RATE), RATE, [(0.0, 1.0)], 120.0) is None
    assert median_f0(buzz(120.0), RATE, [(0.1, 0.11)], 120.0) is None
