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

_PIECE_FRAMES = 3000  # of a picture, computed at once
_MARGIN_FRAMES = 20  # more than a window reaches


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
        return {"values": pack(_in_pieces(mel, waveform)), "hop_seconds": mel.hop_seconds, "band_hz": mel.band_hz}


@torch.inference_mode()
def _in_pieces(mel: LogMel, waveform: Waveform) -> NDArray[np.float32]:
    """`mel` of `waveform` [samples], in memory bounded by a piece beside the result [bands, frames]."""
    frames = len(waveform) // mel.hop + 1
    pieces = []
    for first in range(0, frames, _PIECE_FRAMES):
        begin, end = max(0, first - _MARGIN_FRAMES), min(frames, first + _PIECE_FRAMES)
        piece = torch.from_numpy(waveform[begin * mel.hop : (end + _MARGIN_FRAMES) * mel.hop])
        pieces.append(mel(piece)[:, first - begin : end - begin].numpy())
    return np.concatenate(pieces, axis=1)
