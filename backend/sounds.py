"""What a waveform looks like on the wire: peaks, log-mel picture, WAV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from backend.arrays import pack
from trainer.audio import encode_wav
from trainer.features import LogMel

Waveform = NDArray[np.float32]

MOST_PEAKS = 2000


@dataclass(frozen=True)
class Sound:
    """A waveform [samples] within full scale; `limited` where it had to be turned down for that."""

    waveform: Waveform
    sample_rate: int
    limited: bool

    @property
    def wav(self) -> bytes:
        return encode_wav(self.waveform, self.sample_rate)


def within_full_scale(waveform: Waveform, sample_rate: int) -> Sound:
    """`waveform` [samples], turned down as a whole where its peak would be clipped."""
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak <= 1.0:
        return Sound(waveform, sample_rate, False)
    return Sound(waveform / np.float32(peak), sample_rate, True)


def peaks(waveform: Waveform) -> dict[str, object]:
    """[2, n]: the least and the greatest of each of n <= 2000 equal stretches of `waveform` [samples]."""
    count = min(MOST_PEAKS, len(waveform))
    starts = np.arange(count) * len(waveform) // count
    return pack(np.stack([np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)]))


class Spectrograms:
    """Log-mel pictures; the filters of each sample rate are made once."""

    def __init__(self) -> None:
        self._filters: dict[int, LogMel] = {}

    def picture(self, waveform: Waveform, sample_rate: int) -> dict[str, object]:
        """`waveform` [samples] as `{"values": [bands, frames] in dB, "hop_seconds", "band_hz"}`."""
        mel = self._filters.get(sample_rate)
        if mel is None:
            mel = self._filters.setdefault(sample_rate, LogMel(sample_rate))
        with torch.inference_mode():
            values = mel(torch.from_numpy(waveform)).numpy()
        return {"values": pack(values), "hop_seconds": mel.hop_seconds, "band_hz": mel.band_hz}
