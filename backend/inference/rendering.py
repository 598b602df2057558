"""What a waveform looks like on the wire: peaks, log-mel picture, WAV."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from backend.schemas.arrays import pack
from trainer.audio.files import encode_wav
from trainer.audio.log_mel import LogMel

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


@dataclass(frozen=True)
class Excerpt:
    """Frames [first, last) of a picture, which begin at `start` seconds and are made of the samples `between`."""

    first: int
    last: int
    start: float
    between: tuple[int, int]


class Spectrograms:
    """Log-mel pictures; the filters of each sample rate are made once."""

    def __init__(self) -> None:
        self._filters: dict[int, LogMel] = {}

    def picture(self, waveform: Waveform, sample_rate: int) -> dict[str, object]:
        """`waveform` [samples] as `{"values": [bands, frames] in dB, "hop_seconds", "band_hz"}`."""
        mel = self._filter(sample_rate)
        return _picture(mel, _in_pieces(mel, waveform))

    def excerpt(self, start: float, end: float, samples: int, sample_rate: int) -> Excerpt:
        """The frames from `start` up to `end`, in seconds, of the picture of so many samples; one at least."""
        hop = self._filter(sample_rate).hop
        frames = samples // hop + 1
        first = min(_frame_from(start * sample_rate / hop), frames - 1)
        last = min(max(_frame_from(end * sample_rate / hop), first + 1), frames)
        between = (max(0, first - _MARGIN_FRAMES) * hop, min(samples, (last + _MARGIN_FRAMES) * hop))
        return Excerpt(first, last, first * hop / sample_rate, between)

    def part(self, waveform: Waveform, sample_rate: int, excerpt: Excerpt) -> dict[str, object]:
        """Those frames alone, of the samples `excerpt.between`, as the wire has a picture."""
        mel = self._filter(sample_rate)
        skipped = excerpt.first - excerpt.between[0] // mel.hop
        return _picture(mel, _in_pieces(mel, waveform)[:, skipped : skipped + excerpt.last - excerpt.first])

    def _filter(self, sample_rate: int) -> LogMel:
        mel = self._filters.get(sample_rate)
        if mel is None:
            mel = self._filters.setdefault(sample_rate, LogMel(sample_rate))
        return mel


def _picture(mel: LogMel, values: NDArray[np.float32]) -> dict[str, object]:
    return {"values": pack(values), "hop_seconds": mel.hop_seconds, "band_hz": mel.band_hz}


def _frame_from(position: float) -> int:
    return math.ceil(position - 1e-6)  # what seconds lose in rounding must not cost a frame


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
