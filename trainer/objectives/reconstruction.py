"""How far a decoded sound is from the original: what a decoder minimises."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.audio.log_mel import LogMel
from trainer.config import DecoderLossConfig
from trainer.objectives.spectra import FLOOR, compressed, magnitude
from trainer.runtime import distributed


class ReconstructionLoss(nn.Module):
    """Waveform mean squared error, L1 of log-mel in dB / 10, multi-resolution STFT, complex spectra, each with its
    weight.

    The STFT term is, for windows of 16, 32 and 64 ms, spectral convergence plus L1 of log-magnitude (Yamamoto et al.,
    arXiv 1910.11480, eqs. 3-5). The complex term is the root mean square difference of compressed spectra of 32 ms: the
    one that hears phase in quiet bands too.
    """

    WINDOWS_SECONDS = (0.016, 0.032, 0.064)
    COMPLEX_WINDOW = 1

    def __init__(self, config: DecoderLossConfig, sample_rate: int) -> None:
        super().__init__()
        self.config, self.log_mel = config, LogMel(sample_rate)
        for index, seconds in enumerate(self.WINDOWS_SECONDS):
            self.register_buffer(f"window_{index}", torch.hann_window(round(seconds * sample_rate)), persistent=False)

    def forward(self, decoded: Tensor, original: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) each -> weighted total and the unweighted parts by name."""
        parts: dict[str, Tensor] = {}
        if self.config.waveform:
            parts["waveform"] = F.mse_loss(decoded, original)
        if self.config.log_mel:
            parts["log_mel"] = F.l1_loss(self.log_mel(decoded), self.log_mel(original)) / 10.0
        if self.config.stft:
            distances = [
                self._stft_distance(decoded, original, self.get_buffer(f"window_{i}"))
                for i in range(len(self.WINDOWS_SECONDS))
            ]
            parts["stft"] = torch.stack(distances).mean()
        if self.config.complex:
            window = self.get_buffer(f"window_{self.COMPLEX_WINDOW}")
            difference = compressed(decoded, window) - compressed(original, window)
            parts["complex"] = distributed.mean((difference.real**2 + difference.imag**2).mean()).sqrt()
        total = torch.stack([getattr(self.config, name) * value for name, value in parts.items()]).sum()
        return total, parts

    def _stft_distance(self, decoded: Tensor, original: Tensor, window: Tensor) -> Tensor:
        ours, theirs = magnitude(decoded, window), magnitude(original, window)
        convergence = distributed.norm(ours - theirs) / distributed.norm(theirs).clamp_min(FLOOR)
        distance: Tensor = convergence + F.l1_loss(ours.log(), theirs.log())
        return distance
