import math

import pytest
import torch

from trainer.features import FLOOR_DB, LogMel


def test_a_tone_shows_in_its_band_and_at_every_frame() -> None:
    log_mel = LogMel(16_000)
    for hz in (150.0, 440.0, 1000.0, 3500.0, 7000.0):
        wave = 0.5 * torch.sin(2 * math.pi * hz * torch.arange(16_000) / 16_000)
        picture = log_mel(wave)
        assert picture.shape == (80, 101)
        loudest = picture[:, 10:-10].mean(1).argmax().item()
        nearest = min(range(80), key=lambda band: abs(log_mel.band_hz[band] - hz))
        assert abs(loudest - nearest) <= 1


def test_no_band_is_blind() -> None:
    noise = torch.randn(32_000, generator=torch.Generator().manual_seed(0)) * 0.1
    assert (LogMel(16_000)(noise).mean(1) > FLOOR_DB + 20).all()


def test_silence_is_the_floor_and_gain_is_decibels() -> None:
    log_mel = LogMel(16_000)
    assert (log_mel(torch.zeros(4000)) == FLOOR_DB).all()
    noise = torch.randn(8000, generator=torch.Generator().manual_seed(1)) * 0.1
    assert (log_mel(noise * 2) - log_mel(noise)).mean().item() == pytest.approx(6.02, abs=0.05)
