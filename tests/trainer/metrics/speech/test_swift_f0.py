"""SwiftF0 on tones of known pitch."""

import numpy as np
import pytest

from tests.signals import formant_harmonics, white_noise
from trainer.metrics.speech.swift_f0 import FRAME_SECONDS, swift_f0

pytest.importorskip("swift_f0")


@pytest.mark.parametrize("rate", [16_000, 22_050])
@pytest.mark.parametrize("hertz", [110.0, 235.0])
def test_finds_the_pitch_of_harmonics(hertz: float, rate: int) -> None:
    pitch = swift_f0((0.1 * formant_harmonics(hertz, (700, 1200), 1.0, rate)).astype("f4"), rate)
    assert len(pitch) == pytest.approx(1 / FRAME_SECONDS, abs=3)
    assert np.isfinite(pitch).mean() > 0.9
    assert 12 * np.log2(np.nanmedian(pitch) / hertz) == pytest.approx(0, abs=0.2)  # semitones


def test_noise_is_unvoiced() -> None:
    assert np.isnan(swift_f0(white_noise(1.0, 16_000, level=0.1).astype("f4"), 16_000)).mean() > 0.9
