"""Log energies of band-pass filters: a first layer that does not follow the phase of the waveform.

A mean over time cancels whatever follows the phase; energies stay. The filters are given, not learnt: at the rate that
suits the convolutions after them InfoNCE soon turns them into something else, and vowels and consonants go.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import FilterbankConfig

_FLOOR = 1e-7
"""Added to an energy before its logarithm: some 60 dB under speech at -23 dBFS."""
_LOWEST_HZ, _NARROWEST_HZ, _SHORTEST = 60.0, 40.0, 48


class Filterbank(nn.Module):
    """(B, samples, 1) -> log energies (B, frames, filters)."""

    def __init__(self, config: FilterbankConfig, sample_rate: int) -> None:
        super().__init__()
        self.config = config
        filters = mel_filters(config.filters, config.kernel, sample_rate)
        self.register_buffer("filters", filters, persistent=False)  # config.json tells all of it

    def forward(self, waveform: Tensor) -> Tensor:
        config = self.config
        layer, *_ = config.layers
        # In full precision: bfloat16 would drown what is quiet in loud speech.
        with torch.autocast(waveform.device.type, enabled=False):
            padded = F.pad(waveform[:, :, 0], (layer.padding, layer.padding))
            parts = F.linear(padded.unfold(1, config.kernel, config.stride), self.get_buffer("filters"))
            energies: Tensor = parts.square().view(*parts.shape[:2], 2, config.filters).sum(2).mT
            for _ in range(2 if config.smoothing > 1 else 0):
                energies = F.avg_pool1d(energies, config.smoothing, 1, config.smoothing // 2)
            if config.pooling > 1:
                energies = F.avg_pool1d(energies, config.pooling)
            return torch.log(energies + _FLOOR).mT


def mel_filters(filters: int, kernel: int, sample_rate: int) -> Tensor:
    """Windowed cosines, then sines [2 filters, kernel], at frequencies equally spaced on the mel scale, each as long
    as the distance to the next asks for; the energy of white noise is the same in all.
    """
    top = _mel(0.975 * sample_rate / 2)
    mels = torch.linspace(_mel(_LOWEST_HZ), top, filters)
    hertz = 700.0 * (10 ** (mels / 2595.0) - 1.0)
    spacing = torch.diff(hertz, append=hertz[-1:] * 1.05).clamp_min(_NARROWEST_HZ)
    time = torch.arange(kernel) - (kernel - 1) / 2
    # The main lobe of a Hann window of n samples is four rates / n wide; twice the spacing lets neighbours overlap.
    lengths = (2 * sample_rate / spacing).clamp(min(_SHORTEST, kernel), kernel)[:, None]
    window = torch.where(time.abs() < lengths / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * time / lengths), torch.zeros(()))
    phase = 2 * math.pi * hertz[:, None] * time / sample_rate
    pairs = torch.cat([phase.cos() * window, phase.sin() * window])
    even: Tensor = pairs / pairs.norm(dim=1, keepdim=True) / math.sqrt(2.0)
    return even


def _mel(hertz: float) -> float:
    return 2595.0 * math.log10(1.0 + hertz / 700.0)
