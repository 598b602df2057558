"""Log energies of a fixed mel filterbank: a first layer that is invariant to the waveform's phase.

Averaging over time cancels phase-dependent features but keeps energies. The filters are not trained: at the learning
rate that suits the later convolutions, InfoNCE changes them so that vowels and consonants are no longer encoded.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import FilterbankConfig

_FLOOR = 1e-7
"""Added to energies before the logarithm: about 60 dB below speech at -23 dBFS."""
_MIN_HZ, _MIN_SPACING_HZ, _MIN_FILTER_SAMPLES = 60.0, 40.0, 48


class Filterbank(nn.Module):
    """Waveform (B, samples, 1) -> log energies (B, L, filters)."""

    def __init__(self, config: FilterbankConfig, sample_rate: int) -> None:
        super().__init__()
        self.config = config
        filters = mel_filters(config.filters, config.kernel, sample_rate)
        self.register_buffer("filters", filters, persistent=False)  # derived from config.json

    def forward(self, waveform: Tensor) -> Tensor:
        config = self.config
        layer, *_ = config.layers
        # Full precision: in bfloat16 loud speech would mask quiet components.
        with torch.autocast(waveform.device.type, enabled=False):
            padded = F.pad(waveform[:, :, 0], (layer.padding, layer.padding))
            filtered = F.linear(padded.unfold(1, config.kernel, config.stride), self.get_buffer("filters"))
            # cosine and sine parts of each filter
            energies: Tensor = filtered.square().view(*filtered.shape[:2], 2, config.filters).sum(2).mT
            for _ in range(2 if config.smoothing > 1 else 0):
                energies = F.avg_pool1d(energies, config.smoothing, 1, config.smoothing // 2)
            if config.pooling > 1:
                energies = F.avg_pool1d(energies, config.pooling)
            return torch.log(energies + _FLOOR).mT


def mel_filters(filters: int, kernel: int, sample_rate: int) -> Tensor:
    """Hann-windowed cosines, then sines [2 filters, kernel], at frequencies equally spaced on the mel scale.

    Filter length follows from the spacing to the next filter. All filters pass the same energy of white noise.
    """
    top = _mel(0.975 * sample_rate / 2)
    mels = torch.linspace(_mel(_MIN_HZ), top, filters)
    hertz = 700.0 * (10 ** (mels / 2595.0) - 1.0)
    spacing = torch.diff(hertz, append=hertz[-1:] * 1.05).clamp_min(_MIN_SPACING_HZ)
    time = torch.arange(kernel) - (kernel - 1) / 2
    # The main lobe of a Hann window of n samples is 4 rate / n Hz wide: twice the spacing, so that neighbours overlap.
    lengths = (2 * sample_rate / spacing).clamp(min(_MIN_FILTER_SAMPLES, kernel), kernel)[:, None]
    window = torch.where(time.abs() < lengths / 2, 0.5 + 0.5 * torch.cos(2 * math.pi * time / lengths), torch.zeros(()))
    phase = 2 * math.pi * hertz[:, None] * time / sample_rate
    pairs = torch.cat([phase.cos() * window, phase.sin() * window])
    normalised: Tensor = pairs / pairs.norm(dim=1, keepdim=True) / math.sqrt(2.0)
    return normalised


def _mel(hertz: float) -> float:
    return 2595.0 * math.log10(1.0 + hertz / 700.0)
