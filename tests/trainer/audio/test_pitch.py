"""Pitch tracking on sounds of known F0."""

from pathlib import Path

import numpy as np
import pytest

from tests.signals import harmonics, sine
from trainer.audio.log_mel import HOP_SECONDS, LogMel
from trainer.audio.pitch import Autocorrelation, PitchSettings, track_pitch
from trainer.corpus import read_recording, scan, synthesise
from trainer.corpus.utterances import is_sonorant

RATE = 16_000


def buzz(f0: float | np.ndarray, seconds: float = 0.5) -> np.ndarray:
    return harmonics(f0, seconds, RATE)


def track(wave: np.ndarray) -> np.ndarray:
    return track_pitch(wave, RATE, HOP_SECONDS)


@pytest.mark.parametrize("f0", [72.0, 110.0, 187.3, 333.3, 480.0])
def test_constant_f0_is_found(f0: float) -> None:
    found = track(buzz(f0))
    assert np.isfinite(found).all()
    assert found[1:-1] == pytest.approx(np.full(49, f0), rel=0.005)
    assert found[5:-5] == pytest.approx(np.full(41, f0), rel=0.0002)
    tone = track(sine(f0, 1.0, RATE))
    assert tone[5:-5] == pytest.approx(np.full(91, f0), rel=0.002)


def test_glide_is_followed() -> None:
    found = track(buzz(np.linspace(100, 200, RATE), 1.0))
    assert found[3:-3] == pytest.approx((100 + np.arange(101.0))[3:-3], rel=0.001)


def test_noise_and_silence_are_unvoiced() -> None:
    noise = np.random.default_rng(0).normal(size=RATE)
    assert np.isnan(track(noise)).all()
    assert np.isnan(track(np.zeros(RATE))).all()
    assert np.isnan(track(np.ones(10))).all()


def test_voicing_of_alternating_segments() -> None:
    hiss = 0.3 * np.random.default_rng(1).normal(size=RATE // 2)
    found = track(np.concatenate([np.zeros(RATE // 2), buzz(120.0), hiss, buzz(220.0)]))
    voiced = np.isfinite(found)
    assert not voiced[:45].any()
    assert voiced[52:98].all()
    assert not voiced[105:145].any()
    assert voiced[152:].all()
    assert np.nanmax(np.abs(found[52:98] / 120 - 1)) < 0.01
    assert np.nanmax(np.abs(found[152:] / 220 - 1)) < 0.01


def test_path_avoids_short_octave_errors() -> None:
    """Every second period is weaker for 40 ms of 500: without path costs these frames are an octave lower."""
    wave = buzz(200.0)
    rough = slice(round(0.23 * RATE), round(0.27 * RATE))
    wave[rough] += 0.4 * buzz(100.0)[rough]
    without_costs = track_pitch(wave, RATE, HOP_SECONDS, PitchSettings(octave_jump=0.0, change_of_voicing=0.0))
    assert np.nanmin(without_costs) == pytest.approx(100.0, rel=0.02)
    assert track(wave) == pytest.approx(np.full(51, 200.0), rel=0.02)


def test_voicing_is_invariant_to_gain_and_offset() -> None:
    wave = np.concatenate([buzz(150.0), np.random.default_rng(0).normal(size=RATE // 4)])
    assert np.array_equal(np.isnan(track(wave)), np.isnan(track(1e-3 * wave + 0.1)))


def test_frame_count_equals_log_mel() -> None:
    for samples in (1, 159, 160, 161, 16_000, 200_001):
        wave = np.ones(samples, dtype=np.float32)
        assert len(track(wave)) == samples // LogMel(RATE).hop + 1


def test_autocorrelation_of_cosine_is_cosine() -> None:
    """Also between samples, and at the longest lags."""
    cosine = np.cos(2 * np.pi * np.arange(1200) / 100)
    found = Autocorrelation(1200, 1201, oversampling=4)(cosine)
    assert found == pytest.approx(np.cos(2 * np.pi * np.arange(1201) / 400), abs=0.02)
    assert (Autocorrelation(64, 20)(np.ones((2, 64))) == 0).all()


def test_pitch_of_synthetic_speakers_matches_labels(tmp_path: Path) -> None:
    """Synthetic speakers, some with rough voices, are labelled with F0 and phones."""
    synthesise(tmp_path / "speech", speakers=6, words=6, seed=0)
    octaves, voiced, silent = [], [], []
    for recording in scan(tmp_path / "speech"):
        found = track(read_recording(recording, RATE))
        seconds = HOP_SECONDS * np.arange(len(found))
        for segment in recording.segments:
            within = np.isfinite(found[(seconds > segment.start + 0.02) & (seconds < segment.end - 0.02)])
            if is_sonorant(segment.label):
                voiced += within.tolist()
            elif not segment.label:
                silent += within.tolist()
        if "f0" in recording.labels:
            octaves.append(np.log2(np.nanmedian(found) / recording.labels["f0"]))
    assert np.mean(voiced) > 0.99
    assert np.mean(silent) < 0.05
    assert np.mean(np.abs(octaves) < 0.1) > 0.9
    assert np.median(np.abs(octaves)) < 0.03
