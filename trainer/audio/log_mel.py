"""Log-mel spectrogram and its inversion. The only module that uses torchaudio."""

from __future__ import annotations

import torch
import torchaudio
from torch import Tensor, nn

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
FLOOR_DB = -80.0
_MEL_UPDATES = 50  # fits the mel bands of speech within a few hundredths of a dB on average
_PHASE_UPDATES = 60


class LogMel(nn.Module):
    """Log-mel power in dB: (..., samples) -> (..., bands, frames).

    Centred Hann windows of 25 ms every 10 ms: frame t is centred on t * hop_seconds, and there are samples // hop + 1
    frames. Power is divided by the window's energy: white noise of variance v has 10 log10 v dB in a band of one FFT
    bin. Values below -80 dB are clipped.
    """

    bank: Tensor

    def __init__(self, sample_rate: int, bands: int = 80, hop_seconds: float = HOP_SECONDS) -> None:
        super().__init__()
        self.window, self.hop = round(WINDOW_SECONDS * sample_rate), round(hop_seconds * sample_rate)
        # Zero-padded to at least twice the window, or the lowest mel bands would fall between two FFT bins.
        n_fft = 1 << (2 * self.window - 1).bit_length()
        self.mel = torchaudio.transforms.MelSpectrogram(
            sample_rate,
            n_fft=n_fft,
            win_length=self.window,
            hop_length=self.hop,
            n_mels=bands,
            normalized="window",
            pad_mode="constant",
        )
        bank = self.mel.mel_scale.fb.T / self.mel.spectrogram.window.square().sum()
        self.register_buffer("bank", bank.contiguous(), persistent=False)  # [bands, bins], per sample of the window
        self.sample_rate, self.bands = sample_rate, bands
        self.hop_seconds = self.hop / sample_rate
        mel_points = torch.linspace(
            0.0, 2595.0 * torch.log10(torch.tensor(1 + sample_rate / 2 / 700.0)).item(), bands + 2
        )[1:-1]
        self.band_hz = tuple(float(700.0 * (10 ** (m / 2595.0) - 1)) for m in mel_points)

    def forward(self, waveform: Tensor) -> Tensor:
        # Equals self.mel (tested), but faster: power without a square root, normalised within the filters.
        transform = self.mel.spectrogram
        spectrum = torch.stft(
            waveform.reshape(-1, waveform.shape[-1]),
            transform.n_fft,
            self.hop,
            self.window,
            transform.window,
            pad_mode="constant",
            return_complex=True,
        )
        squares = torch.view_as_real(spectrum).square()
        mel = self.bank @ (squares[..., 0] + squares[..., 1])
        level = 10.0 * torch.log10(mel.clamp_min(10 ** (FLOOR_DB / 10)))
        return level.reshape(*waveform.shape[:-1], *level.shape[-2:])

    def invert(self, log_mel: Tensor, samples: int, seed: int = 0) -> Tensor:
        """Log-mel in dB [bands, frames] -> a waveform [samples] with approximately this log-mel.

        The power spectrum is fitted to the bands by multiplicative updates (non-negative, Lee and Seung 2001), the
        phase by fast Griffin-Lim (Perraudin et al. 2013) from a random phase drawn with `seed`.
        """
        transform = self.mel.spectrogram
        # Griffin-Lim mirrors the ends, which needs more than half an FFT of samples.
        frames = max(log_mel.shape[1], transform.n_fft // self.hop + 2)
        log_mel = nn.functional.pad(log_mel, (0, frames - log_mel.shape[1]), value=FLOOR_DB)
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            waveform: Tensor = torchaudio.functional.griffinlim(
                self._power(10 ** (log_mel / 10)) * transform.window.square().sum(),
                window=transform.window,
                n_fft=transform.n_fft,
                hop_length=self.hop,
                win_length=transform.win_length,
                power=2.0,
                n_iter=_PHASE_UPDATES,
                momentum=0.99,
                length=max(samples, (frames - 1) * self.hop),
                rand_init=True,
            )
        return waveform[:samples]

    def _power(self, mel: Tensor) -> Tensor:
        """Power in mel bands [bands, frames] -> a power spectrum [bins, frames] that fits it."""
        bank = self.mel.mel_scale.fb  # [bins, bands]
        power: Tensor = bank @ mel
        for _ in range(_MEL_UPDATES):
            power = power * (bank @ mel) / (bank @ (bank.T @ power)).clamp_min(torch.finfo(power.dtype).tiny)
        return power
