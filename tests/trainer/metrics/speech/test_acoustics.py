"""Acoustic properties of synthetic sounds that have known ones."""

import dataclasses

import numpy as np
import pytest

from tests.signals import resonant_pulses, sine, white_noise
from trainer.metrics.speech.acoustics import (
    HOP_SECONDS,
    PROPERTIES,
    change_per_unit,
    measure_acoustics,
    property_changes,
    spectral_centroid,
)
from trainer.metrics.speech.formants import formants

RATE = 16_000
NAMES = [one.name for one in PROPERTIES]


def vowel(f0: float, resonances: tuple[float, ...], seconds: float = 0.6) -> np.ndarray:
    """A vowel with formants at `resonances` in Hz (60 Hz bandwidth) and two fixed ones above, at an RMS of 0.1."""
    poles = [(hz, 60.0) for hz in (*resonances, 3500, 4500)]
    wave = resonant_pulses(f0, poles, seconds, RATE, tilt=0.98)
    return 0.1 * wave / np.sqrt((wave**2).mean())


def test_vowel_has_its_pitch_and_formants() -> None:
    found = measure_acoustics(vowel(125, (700, 1200, 2500)), RATE)
    assert np.nanmedian(found.pitch) == pytest.approx(125, rel=0.005)
    assert found.intensity == pytest.approx(-20, abs=0.01)
    assert found.voiced == pytest.approx(0.6, abs=0.06)
    assert np.nanmedian(found.formants, axis=0) == pytest.approx([700, 1200, 2500], rel=0.06)
    other = measure_acoustics(vowel(125, (300, 2200, 2900)), RATE)
    assert np.nanmedian(other.formants, axis=0) == pytest.approx([300, 2200, 2900], rel=0.08)


def test_centroid_of_a_tone_is_its_frequency_and_of_noise_half_the_bandwidth() -> None:
    tone = sine(1000, 1.0, RATE)
    assert spectral_centroid(tone, RATE) == pytest.approx(1000, abs=1)
    assert spectral_centroid(white_noise(1.0, RATE), RATE) == pytest.approx(4000, rel=0.03)
    assert np.isnan(spectral_centroid(np.zeros(RATE), RATE))
    assert spectral_centroid(tone[:100], RATE) == pytest.approx(1000, rel=0.2)


def test_unvoiced_sound_has_neither_pitch_nor_formants() -> None:
    noise = white_noise(0.5, RATE)
    found = measure_acoustics(noise, RATE)
    assert np.isnan(found.pitch).all()
    assert np.isnan(found.formants).all()
    assert found.voiced == 0.0
    assert measure_acoustics(np.zeros(RATE // 2), RATE).intensity == -60
    assert formants(noise, RATE, np.array([])).shape == (0, 3)
    voiced = measure_acoustics(vowel(125, (700, 1200, 2500), 0.5), RATE)
    changes = dict(zip(NAMES, property_changes(found, voiced), strict=True))
    assert np.isnan([changes[name] for name in ("f0", "f1", "f2", "f3")]).all(), "undefined from unvoiced to voiced"
    assert changes["voiced_duration"] == pytest.approx(0.5, abs=0.06)


def test_change_per_unit_is_the_central_difference() -> None:
    up, down = [measure_acoustics(vowel(f0, (700, 1200, 2500)), RATE) for f0 in (140, 125)]
    found = change_per_unit([up, down], [down, down], step=2.0)
    assert found.shape == (2, len(NAMES))
    assert found[0, 0] == pytest.approx(12 * np.log2(140 / 125) / 4, abs=0.05)
    assert found[1] == pytest.approx(np.zeros(len(NAMES)))


def test_pitch_change_ignores_unvoiced_frames_and_octave_errors() -> None:
    """The first half becomes unvoiced and three frames have an octave error."""
    down, up = (measure_acoustics(vowel(f0, (700, 1200, 2500)), RATE) for f0 in (125, 140))
    half = round(0.3 / HOP_SECONDS)
    pitch = up.pitch.copy()
    pitch[:half] = np.nan
    pitch[half : half + 3] *= 2
    changes = property_changes(down, dataclasses.replace(up, pitch=pitch))
    assert changes[NAMES.index("f0")] == pytest.approx(12 * np.log2(140 / 125), abs=0.1)
