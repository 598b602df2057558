"""Properties of sounds made to have them, and evidence picked by hand."""

import dataclasses

import numpy as np
import pytest
from scipy.signal import lfilter

from trainer.metrics.latents.top_activations import playback_span, top_activations
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
    """Pulses at `f0`, their spectrum falling by 6 dB an octave, through resonances of 60 Hz bandwidth, each a pole
    pair, and two more as a throat has them above; at an RMS of 0.1.
    """
    wave = np.zeros(round(seconds * RATE))
    wave[np.round(np.arange(0, len(wave), RATE / f0)).astype(int)[:-1]] = 1.0
    wave = lfilter([1.0], [1, -0.98], wave)
    for hertz in (*resonances, 3500, 4500):
        radius = np.exp(-np.pi * 60 / RATE)
        wave = lfilter([1.0], [1, -2 * radius * np.cos(2 * np.pi * hertz / RATE), radius**2], wave)
    return 0.1 * wave / np.sqrt((wave**2).mean())


def test_a_vowel_has_the_pitch_and_the_formants_it_was_made_with() -> None:
    found = measure_acoustics(vowel(125, (700, 1200, 2500)), RATE)
    assert np.nanmedian(found.pitch) == pytest.approx(125, rel=0.005)
    assert found.intensity == pytest.approx(-20, abs=0.01)
    assert found.voiced == pytest.approx(0.6, abs=0.06)
    assert np.nanmedian(found.formants, axis=0) == pytest.approx([700, 1200, 2500], rel=0.06)
    other = measure_acoustics(vowel(125, (300, 2200, 2900)), RATE)
    assert np.nanmedian(other.formants, axis=0) == pytest.approx([300, 2200, 2900], rel=0.08)


def test_the_centroid_of_a_tone_is_its_frequency_and_of_white_noise_half_of_what_there_is() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    assert spectral_centroid(tone, RATE) == pytest.approx(1000, abs=1)
    assert spectral_centroid(np.random.default_rng(0).normal(size=RATE), RATE) == pytest.approx(4000, rel=0.03)
    assert np.isnan(spectral_centroid(np.zeros(RATE), RATE))
    assert spectral_centroid(tone[:100], RATE) == pytest.approx(1000, rel=0.2)


def test_what_has_no_voice_has_neither_pitch_nor_formants() -> None:
    noise = np.random.default_rng(0).normal(size=RATE // 2)
    found = measure_acoustics(noise, RATE)
    assert np.isnan(found.pitch).all()
    assert np.isnan(found.formants).all()
    assert found.voiced == 0.0
    assert measure_acoustics(np.zeros(RATE // 2), RATE).intensity == -60
    assert formants(noise, RATE, np.array([])).shape == (0, 3)
    moved = dict(
        zip(NAMES, property_changes(found, measure_acoustics(vowel(125, (700, 1200, 2500), 0.5), RATE)), strict=True)
    )
    assert np.isnan([moved[name] for name in ("f0", "f1", "f2", "f3")]).all(), "from no voice to one is no rise"
    assert moved["voiced_duration"] == pytest.approx(0.5, abs=0.06)


def test_slopes_are_halves_of_the_difference_of_two_steps() -> None:
    up, down = [measure_acoustics(vowel(f0, (700, 1200, 2500)), RATE) for f0 in (140, 125)]
    found = change_per_unit([up, down], [down, down], step=2.0)
    assert found.shape == (2, len(NAMES))
    assert found[0, 0] == pytest.approx(12 * np.log2(140 / 125) / 4, abs=0.05)
    assert found[1] == pytest.approx(np.zeros(len(NAMES)))


def test_pitch_moves_by_what_frames_voiced_on_both_sides_move_by() -> None:
    """The first half is lost and a few frames are taken an octave too high: neither is a movement of the rest."""
    low = vowel(125, (700, 1200, 2500))
    down, up = measure_acoustics(low, RATE), measure_acoustics(vowel(140, (700, 1200, 2500)), RATE)
    half = round(0.3 / HOP_SECONDS)
    fewer = up.pitch.copy()
    fewer[:half] = np.nan
    fewer[half : half + 3] *= 2
    moved = property_changes(down, dataclasses.replace(up, pitch=fewer))
    assert moved[NAMES.index("f0")] == pytest.approx(12 * np.log2(140 / 125), abs=0.1)


def test_evidence_is_farthest_first_and_never_twice_the_same_stretch() -> None:
    values = np.array([1.0, 9.0, 8.9, 3.0, 8.8, 7.0])
    recording = np.array([0, 0, 0, 0, 1, 1])
    seconds = np.array([0.0, 0.1, 0.2, 0.5, 0.1, 0.9])
    assert top_activations(values, recording, seconds, 3, min_distance=0.2) == [1, 4, 5]
    assert top_activations(values, recording, seconds, 3, min_distance=0.05) == [1, 2, 4]
    assert top_activations(-values, recording, seconds, 2, min_distance=0.2) == [0, 3]
    assert top_activations(values[:2], recording[:2], seconds[:2], 5, min_distance=0.2) == [1]


@pytest.mark.parametrize(
    ("at", "phone", "span"),
    [
        (0.5, (0.4, 0.8), (0.4, 0.8)),
        (0.5, (0.45, 0.55), (0.375, 0.625)),
        (0.5, None, (0.375, 0.625)),
        (0.02, None, (0.0, 0.25)),
        (0.99, (0.95, 1.0), (0.75, 1.0)),
    ],
)
def test_a_span_is_the_phone_or_long_enough_to_be_heard(at: float, phone, span: tuple[float, float]) -> None:
    assert playback_span(at, phone, min_seconds=0.25, duration=1.0) == pytest.approx(span)


def test_a_clip_shorter_than_the_least_is_played_whole() -> None:
    assert playback_span(0.05, None, min_seconds=0.25, duration=0.1) == (0.0, 0.1)
