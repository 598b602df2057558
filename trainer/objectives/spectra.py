"""Spectra for the losses of decoders."""

from __future__ import annotations

import torch
from torch import Tensor

FLOOR = 1e-3
"""Smallest magnitude, far below speech, so that logarithms and gradients stay finite."""
_EXPONENT = 0.3
"""Exponent of compressed magnitudes, close to the growth of loudness with pressure, so that quiet bands count."""


def spectrum(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> complex STFT (B, bands, frames) with a hop of a quarter of the `window`."""
    size = len(window)
    return torch.stft(waveform, size, size // 4, window=window, pad_mode="constant", return_complex=True)


def magnitude(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> magnitudes (B, bands, frames), at least FLOOR."""
    bins = spectrum(waveform, window)
    return (bins.real**2 + bins.imag**2 + FLOOR**2).sqrt()


def compressed(waveform: Tensor, window: Tensor) -> Tensor:
    """(B, samples) -> complex STFT (B, bands, frames) with magnitudes m^0.3 and the same phase."""
    bins = spectrum(waveform, window)
    return bins * (bins.real**2 + bins.imag**2 + FLOOR**2) ** ((_EXPONENT - 1) / 2)
