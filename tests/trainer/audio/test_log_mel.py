import math

import pytest
import torch

from trainer.audio.log_mel import FLOOR_DB, LogMel


def test_a_tone_shows_in_its_band_and_at_every_frame() -> None:
    log_mel = LogMel(16_000)
    for hz in (150.0, 440.0, 1000.0, 3500.0, 7000.0):
        wave = 0.5 * torch.sin(2 * math.pi * hz * torch.arange(16_000) / 16_000)
        picture = log_mel(wave)
        assert picture.shape == (80, 101)
        loudest = picture[:, 10:-10].mean(1).argmax().item()
        nearest = min(range(80), key=lambda band: abs(log_mel.band_hz[band] - hz))
        assert abs(loudest - nearest) <= 1


@pytest.mark.parametrize("shape", [(16_000,), (2, 3, 5_000), (1,), (4, 399)])
def test_it_is_what_torchaudio_computes(shape: tuple[int, ...]) -> None:
    mel = LogMel(16_000)
    waveform = 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    wanted = 10.0 * torch.log10(mel.mel(waveform).clamp_min(1e-8))
    torch.testing.assert_close(mel(waveform), wanted, atol=1e-4, rtol=0.0)


def test_no_band_is_blind() -> None:
    noise = torch.randn(32_000, generator=torch.Generator().manual_seed(0)) * 0.1
    assert (LogMel(16_000)(noise).mean(1) > FLOOR_DB + 20).all()


def test_silence_is_the_floor_and_gain_is_decibels() -> None:
    log_mel = LogMel(16_000)
    assert (log_mel(torch.zeros(4000)) == FLOOR_DB).all()
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(1)) * 0.1
    assert (log_mel(noise * 2) - log_mel(noise)).mean().item() == pytest.approx(6.02, abs=0.05)


def test_a_spectrogram_made_audible_has_that_spectrogram() -> None:
    log_mel = LogMel(16_000)
    rng = torch.Generator().manual_seed(0)
    times = torch.arange(16_001) / 16_000
    wave = torch.sin(2 * math.pi * (200 + 300 * times) * times) + 0.05 * torch.randn(16_001, generator=rng)
    picture = log_mel(wave)
    heard = log_mel.invert(picture, len(wave))
    assert heard.shape == wave.shape
    assert (log_mel(heard) - picture).abs().mean() < 1.5
    assert torch.equal(log_mel.invert(picture, len(wave)), heard)
    assert not torch.equal(log_mel.invert(picture, len(wave), seed=1), heard)
    for samples in (1, 100, 700, 2000):
        assert log_mel.invert(log_mel(wave[:samples]), samples).shape == (samples,)
        assert torch.isfinite(log_mel.invert(log_mel(torch.zeros(samples)), samples)).all()
