"""Waveform to log-mel. The one file that touches torchaudio."""

from __future__ import annotations

import torch
import torchaudio
from torch import Tensor, nn

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
FLOOR_DB = -80.0


class LogMel(nn.Module):
    """Log-mel power in dB: (..., samples) -> (..., bands, frames).

    Hann windows of 25 ms every 10 ms, centred, so that frame t lies at t * hop_seconds and there are samples // hop +
    1 of them. Power is divided by the window's energy: white noise of variance v gives 10 log10 v in a band one FFT
    bin wide. Nothing lies below -80 dB.
    """

    def __init__(self, sample_rate: int, bands: int = 80, hop_seconds: float = HOP_SECONDS) -> None:
        super().__init__()
        window, self.hop = round(WINDOW_SECONDS * sample_rate), round(hop_seconds * sample_rate)
        # Zero-padded to at least twice the window: otherwise the lowest mel bands fall between two FFT bins and stay
        # empty.
        n_fft = 1 << (2 * window - 1).bit_length()
        self.mel = torchaudio.transforms.MelSpectrogram(
            sample_rate,
            n_fft=n_fft,
            win_length=window,
            hop_length=self.hop,
            n_mels=bands,
            normalized="window",
            pad_mode="constant",
        )
        self.sample_rate, self.bands = sample_rate, bands
        self.hop_seconds = self.hop / sample_rate
        mel_points = torch.linspace(
            0.0, 2595.0 * torch.log10(torch.tensor(1 + sample_rate / 2 / 700.0)).item(), bands + 2
        )[1:-1]
        self.band_hz = tuple(float(700.0 * (10 ** (m / 2595.0) - 1)) for m in mel_points)

    def forward(self, waveform: Tensor) -> Tensor:
        power: Tensor = self.mel(waveform)
        return 10.0 * torch.log10(power.clamp_min(10 ** (FLOOR_DB / 10)))
