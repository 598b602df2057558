"""Every measure of a decoded clip, where the answer is known."""

import sys

import numpy as np
import pytest

from trainer.metrics.speech.baselines import griffin_lim, mean_spectrum
from trainer.metrics.speech.cepstral_distortion import COEFFICIENTS, mel_cepstral_distortion
from trainer.metrics.speech.f0_correlation import f0_correlation
from trainer.metrics.speech.log_mel_distance import log_mel_distance
from trainer.metrics.speech.pesq import pesq
from trainer.metrics.speech.stoi import stoi
from trainer.metrics.speech.suite import SPEECH_METRICS, FeatureExtractor
from trainer.metrics.speech.voicing_error import voicing_error

RATE = 16_000


def speechlike(seconds: float = 2.0, seed: int = 0) -> np.ndarray:
    """Harmonics of a gliding pitch, with a pause every 0.4 s and a formant that moves."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    f0 = 120 + 40 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    formant = 800 + 500 * np.sin(2 * np.pi * 2.1 * time)
    wave = sum(np.exp(-(((k * f0 - formant) / 500) ** 2)) * np.sin(k * phase) for k in range(1, 30))
    gate = np.clip(4 * np.sin(2 * np.pi * 1.25 * time), 0, 1)
    return (0.1 * gate * wave + 1e-4 * rng.normal(size=len(time))).astype(np.float32)


def pictures(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-20, 5, size=(80, 50))


def test_log_mel_distance_is_in_decibels() -> None:
    original = pictures()
    assert log_mel_distance(original, original) == 0.0
    assert log_mel_distance(original, original + 2) == pytest.approx(2.0)
    half = original.copy()
    half[:40] += 2  # root mean square within a frame ...
    assert log_mel_distance(original, half) == pytest.approx(np.sqrt(2))
    some = original.copy()
    some[:, :25] += 2  # ... mean over frames
    assert log_mel_distance(original, some) == pytest.approx(1.0)


def test_what_nobody_hears_is_no_distance() -> None:
    """More than 60 dB below the original's loudest."""
    original = np.full((80, 50), -70.0)
    original[:, 25] = 0.0
    quieter, louder = original.copy(), original.copy()
    quieter[:, 0], louder[:, 0] = -200.0, -50.0
    assert log_mel_distance(original, quieter) == 0.0
    assert log_mel_distance(original, louder) == pytest.approx(10 / 50)


@pytest.mark.parametrize("order", [1, 5, COEFFICIENTS])
def test_cepstral_distortion_of_one_ripple(order: int) -> None:
    """A cosine of a dB over the bands differs by a / sqrt(2) dB, root mean square."""
    ripple = 3.0 * np.cos(np.pi * order * (np.arange(80) + 0.5) / 80)[:, None]
    assert mel_cepstral_distortion(pictures(), pictures() + ripple) == pytest.approx(3 / np.sqrt(2))


def test_cepstral_distortion_does_not_hear_loudness_nor_harmonics() -> None:
    harmonics = 3.0 * np.cos(np.pi * (COEFFICIENTS + 1) * (np.arange(80) + 0.5) / 80)[:, None]
    assert mel_cepstral_distortion(pictures(), pictures() + 5) == pytest.approx(0.0, abs=1e-9)
    assert mel_cepstral_distortion(pictures(), pictures() + harmonics) == pytest.approx(0.0, abs=1e-9)


def test_stoi_of_the_clip_itself_and_of_something_else() -> None:
    pytest.importorskip("pystoi")
    wave, noise = speechlike(), 0.1 * np.random.default_rng(1).normal(size=2 * RATE).astype(np.float32)
    assert stoi(wave, wave, RATE) == pytest.approx(1.0)
    assert stoi(wave, noise, RATE) < 0.4
    assert stoi(wave, noise, RATE) < stoi(wave, wave + noise, RATE) < 0.95
    for samples in (1, 100, RATE // 4):
        assert stoi(wave[:samples], wave[:samples], RATE) is None
    silence = np.zeros_like(wave)
    assert stoi(wave, silence, RATE) == pytest.approx(0.0, abs=0.1)


def test_pesq_of_the_clip_itself_and_of_something_else() -> None:
    pytest.importorskip("pesq")
    wave, noise = speechlike(), 0.1 * np.random.default_rng(1).normal(size=2 * RATE).astype(np.float32)
    assert pesq(wave, wave, RATE) == pytest.approx(4.644, abs=0.001)
    assert 1 <= pesq(wave, wave + noise, RATE) < 2
    assert pesq(wave[::2], wave[::2], RATE // 2) == pytest.approx(4.644, abs=0.001)
    assert pesq(wave[:1000], wave[:1000], RATE) is None
    assert pesq(wave, np.zeros_like(wave), RATE) is None
    assert pesq(np.tile(wave, 11), np.tile(wave, 11), RATE) is None, "it has no room for so many utterances"


def test_f0_correlation_is_pearson_of_logarithms_where_both_are_voiced() -> None:
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.normal(5, 0.2, size=(2, 200)))
    a[:50], b[30:80] = np.nan, np.nan
    both = slice(80, 200)
    assert f0_correlation(a, b) == pytest.approx(np.corrcoef(np.log(a[both]), np.log(b[both]))[0, 1])
    assert f0_correlation(a, 2 * a) == pytest.approx(1.0)
    assert f0_correlation(a, 1 / a) == pytest.approx(-1.0)
    assert f0_correlation(a, np.full(200, 100.0)) == 0.0
    assert f0_correlation(np.full(200, 100.0), a) is None
    assert f0_correlation(a, np.full(200, np.nan)) is None


def test_voicing_error_counts_frames() -> None:
    a, b = np.full(10, 100.0), np.full(10, 200.0)
    a[:3], b[2:4] = np.nan, np.nan
    assert voicing_error(a, b) == pytest.approx(0.3)
    assert voicing_error(a, a) == 0.0


def test_the_anchors_lie_where_they_should() -> None:
    """Griffin-Lim is near the original, its mean spectrum is not; the original is as near as can be."""
    ear = FeatureExtractor(RATE)
    original = ear(speechlike())
    upper, lower = griffin_lim(original, ear), mean_spectrum(original, ear)
    assert len(upper.wave) == len(lower.wave) == len(original.wave)
    best = {"stoi": 1.0, "f0_correlation": 1.0, "pesq": 4.644}
    for measure in (measure for measure in SPEECH_METRICS if measure.installed):
        itself, near, far = (measure.compute(original, heard) for heard in (original, upper, lower))
        assert itself == pytest.approx(best.get(measure.name, 0.0), abs=1e-3)
        if far is None:
            assert measure.name == "f0_correlation", "a spectrum held still has no voice"
        else:
            assert abs(near - itself) < 0.7 * abs(far - itself), measure.name
    assert np.array_equal(griffin_lim(original, ear).wave, upper.wave)


def test_what_is_not_installed_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    (measure,) = (measure for measure in SPEECH_METRICS if measure.package == "pystoi")
    monkeypatch.setitem(sys.modules, "pystoi", None)
    assert not measure.installed
    assert all(measure.installed for measure in SPEECH_METRICS if measure.package is None)
