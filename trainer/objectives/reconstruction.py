"""Reconstruction losses of decoders."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.audio.log_mel import LogMel
from trainer.config import DecoderLossConfig
from trainer.objectives.spectra import FLOOR, compressed, magnitude
from trainer.runtime import distributed


class ReconstructionLoss(nn.Module):
    """Weighted sum of waveform MSE, L1 of log-mel in dB / 10, multi-resolution STFT and complex spectra.

    STFT term: spectral convergence plus L1 of log-magnitude, for windows of 16, 32 and 64 ms (Yamamoto et al., arXiv
    1910.11480, eqs. 3-5). Complex term: root mean square difference of compressed complex spectra, window 32 ms; the
    only term that penalises phase errors in quiet bands.
    """

    WINDOWS_SECONDS = (0.016, 0.032, 0.064)
    COMPLEX_WINDOW = 1

    def __init__(self, config: DecoderLossConfig, sample_rate: int) -> None:
        super().__init__()
        self.config, self.log_mel = config, LogMel(sample_rate)
        for index, seconds in enumerate(self.WINDOWS_SECONDS):
            self.register_buffer(f"window_{index}", torch.hann_window(round(seconds * sample_rate)), persistent=False)

    def forward(self, decoded: Tensor, original: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, samples) each -> weighted total, and the unweighted terms by name."""
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
        """Spectral convergence plus L1 of log-magnitude."""
        found, target = magnitude(decoded, window), magnitude(original, window)
        convergence = distributed.norm(found - target) / distributed.norm(target).clamp_min(FLOOR)
        distance: Tensor = convergence + F.l1_loss(found.log(), target.log())
        return distance
