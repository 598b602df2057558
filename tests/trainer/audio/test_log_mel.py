"""Log-mel spectrogram and its inversion."""

import math

import pytest
import torch

from trainer.audio.log_mel import FLOOR_DB, LogMel


def test_tone_has_most_power_in_its_band() -> None:
    log_mel = LogMel(16_000)
    for hz in (150.0, 440.0, 1000.0, 3500.0, 7000.0):
        wave = 0.5 * torch.sin(2 * math.pi * hz * torch.arange(16_000) / 16_000)
        spectrogram = log_mel(wave)
        assert spectrogram.shape == (80, 101)
        loudest = spectrogram[:, 10:-10].mean(1).argmax().item()
        nearest = min(range(80), key=lambda band: abs(log_mel.band_hz[band] - hz))
        assert abs(loudest - nearest) <= 1


@pytest.mark.parametrize("shape", [(16_000,), (2, 3, 5_000), (1,), (4, 399)])
def test_equals_torchaudio(shape: tuple[int, ...]) -> None:
    mel = LogMel(16_000)
    waveform = 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected = 10.0 * torch.log10(mel.mel(waveform).clamp_min(1e-8))
    torch.testing.assert_close(mel(waveform), expected, atol=1e-4, rtol=0.0)


def test_white_noise_reaches_every_band() -> None:
    noise = torch.randn(32_000, generator=torch.Generator().manual_seed(0)) * 0.1
    assert (LogMel(16_000)(noise).mean(1) > FLOOR_DB + 20).all()


def test_silence_is_floor_and_gain_adds_decibels() -> None:
    log_mel = LogMel(16_000)
    assert (log_mel(torch.zeros(4000)) == FLOOR_DB).all()
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(1)) * 0.1
    assert (log_mel(noise * 2) - log_mel(noise)).mean().item() == pytest.approx(6.02, abs=0.05)


def test_inversion_reproduces_log_mel() -> None:
    log_mel = LogMel(16_000)
    generator = torch.Generator().manual_seed(0)
    times = torch.arange(16_001) / 16_000
    wave = torch.sin(2 * math.pi * (200 + 300 * times) * times) + 0.05 * torch.randn(16_001, generator=generator)
    spectrogram = log_mel(wave)
    inverted = log_mel.invert(spectrogram, len(wave))
    assert inverted.shape == wave.shape
    assert (log_mel(inverted) - spectrogram).abs().mean() < 1.5
    assert torch.equal(log_mel.invert(spectrogram, len(wave)), inverted)
    assert not torch.equal(log_mel.invert(spectrogram, len(wave), seed=1), inverted)
    for samples in (1, 100, 700, 2000):
        assert log_mel.invert(log_mel(wave[:samples]), samples).shape == (samples,)
        assert torch.isfinite(log_mel.invert(log_mel(torch.zeros(samples)), samples)).all()
