"""Spectra as the losses see them."""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 1e-3
"""Magnitude, far under speech, below which nothing is told apart."""
_EXPONENT = 0.3
"""Of compressed magnitudes: about how loudness grows with pressure, so that quiet bands count too."""


def spectrum(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> complex (B, bands, frames), a quarter of the `window` apart."""
    size = len(window)
    return torch.stft(waveform, size, size // 4, window=window, pad_mode="constant", return_complex=True)


def magnitude(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> magnitudes (B, bands, frames), never below the floor."""
    bins = spectrum(waveform, window)
    return (bins.real**2 + bins.imag**2 + FLOOR**2).sqrt()


def compressed(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> complex (B, bands, frames) of the same phase, each magnitude m as m^0.3."""
    bins = spectrum(waveform, window)
    return bins * (bins.real**2 + bins.imag**2 + FLOOR**2) ** ((_EXPONENT - 1) / 2)
