"""Rendering of waveforms for responses: peaks, log-mel spectrogram, WAV."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from backend.inference.arrays import pack
from trainer.audio import encode_wav
from trainer.audio.log_mel import LogMel

Waveform = NDArray[np.float32]

MAX_PEAKS = 2000

_CHUNK_FRAMES = 3000  # spectrogram frames computed at once
_MARGIN_FRAMES = 20  # context on each side, more than half an analysis window


@dataclass(frozen=True)
class Sound:
    """A waveform [samples] within full scale; `limited` if it was attenuated for that."""

    waveform: Waveform
    sample_rate: int
    limited: bool

    @property
    def wav(self) -> bytes:
        """WAV file, 16 bit."""
        return encode_wav(self.waveform, self.sample_rate)


def limit_peak(waveform: Waveform, sample_rate: int) -> Sound:
    """`waveform` [samples], scaled down as a whole if its peak exceeds full scale."""
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak <= 1.0:
        return Sound(waveform, sample_rate, False)
    return Sound(waveform / np.float32(peak), sample_rate, True)


def waveform_peaks(waveform: Waveform) -> dict[str, object]:
    """Minimum and maximum [2, n] of n <= 2000 equal segments of `waveform` [samples]."""
    count = min(MAX_PEAKS, len(waveform))
    starts = np.arange(count) * len(waveform) // count
    return pack(np.stack([np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)]))


@dataclass(frozen=True)
class FrameSlice:
    """Frames [first, last) of a spectrogram, their start in seconds, and the sample range they are computed from."""

    first: int
    last: int
    start: float
    sample_range: tuple[int, int]


class SpectrogramRenderer:
    """Log-mel spectrograms; the filters of each sample rate are cached."""

    def __init__(self) -> None:
        self._filters: dict[int, LogMel] = {}

    def render(self, waveform: Waveform, sample_rate: int) -> dict[str, object]:
        """Spectrogram of `waveform` [samples]: `{"values": [bands, frames] in dB, "hop_seconds", "band_hz"}`."""
        mel = self._log_mel(sample_rate)
        return _content(mel, _log_mel_in_chunks(mel, waveform))

    def frame_slice(self, start: float, end: float, samples: int, sample_rate: int) -> FrameSlice:
        """Frames from `start` to `end` (seconds) of the spectrogram of `samples` samples; at least one frame."""
        hop = self._log_mel(sample_rate).hop
        frames = samples // hop + 1
        first = min(_frame_at(start * sample_rate / hop), frames - 1)
        last = min(max(_frame_at(end * sample_rate / hop), first + 1), frames)
        sample_range = (max(0, first - _MARGIN_FRAMES) * hop, min(samples, (last + _MARGIN_FRAMES) * hop))
        return FrameSlice(first, last, first * hop / sample_rate, sample_range)

    def render_slice(self, waveform: Waveform, sample_rate: int, frame_slice: FrameSlice) -> dict[str, object]:
        """Spectrogram of these frames only; `waveform` holds the samples of `frame_slice.sample_range`."""
        mel = self._log_mel(sample_rate)
        skipped = frame_slice.first - frame_slice.sample_range[0] // mel.hop
        count = frame_slice.last - frame_slice.first
        return _content(mel, _log_mel_in_chunks(mel, waveform)[:, skipped : skipped + count])

    def _log_mel(self, sample_rate: int) -> LogMel:
        mel = self._filters.get(sample_rate)
        if mel is None:
            mel = self._filters.setdefault(sample_rate, LogMel(sample_rate))
        return mel


def _content(mel: LogMel, values: NDArray[np.float32]) -> dict[str, object]:
    return {"values": pack(values), "hop_seconds": mel.hop_seconds, "band_hz": mel.band_hz}


def _frame_at(position: float) -> int:
    return math.ceil(position - 1e-6)  # tolerance: rounding of seconds must not lose a frame


@torch.inference_mode()
def _log_mel_in_chunks(mel: LogMel, waveform: Waveform) -> NDArray[np.float32]:
    """Log-mel [bands, frames] of `waveform` [samples]; memory is bounded by one chunk and the result."""
    frames = len(waveform) // mel.hop + 1
    chunks = []
    for first in range(0, frames, _CHUNK_FRAMES):
        begin, end = max(0, first - _MARGIN_FRAMES), min(frames, first + _CHUNK_FRAMES)
        chunk = torch.from_numpy(waveform[begin * mel.hop : (end + _MARGIN_FRAMES) * mel.hop])
        chunks.append(mel(chunk)[:, first - begin : end - begin].numpy())
    return np.concatenate(chunks, axis=1)
