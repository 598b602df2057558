"""Fundamental frequency (F0) by autocorrelation (Boersma 1993, IFA Proceedings 17, 97-110).

`track_pitch` is the tracker: F0 per frame, with voicing, from a Viterbi path. `median_f0` gives one F0 for voiced
segments whose F0 is approximately known: the label f0 of the synthetic corpus. The two share the autocorrelation and
the interpolation of its peaks, but not the search: `median_f0` has its own frame positions and lengths, one peak per
frame and no path. Expressing it by the tracker would change the labels of existing corpora.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_PERIODS = 3.0  # of the lowest pitch in an analysis frame


class Autocorrelation:
    """Normalised autocorrelation of Hann-windowed frames [..., size] -> [..., lags] (Boersma 1993, eq. 9).

    It is divided by the window's autocorrelation: 1 at lag 0 for any sound, 0 everywhere for digital silence. There are
    `oversampling` lags per sample; lags between samples are exact for band-limited sounds.
    """

    def __init__(self, size: int, lags: int, oversampling: int = 1) -> None:
        self.window = np.hanning(size)
        self._length, self._lags, self._oversampling = 2 * size, lags, oversampling
        of_window = self._unnormalised(self.window)
        self._of_window = of_window / of_window[0]

    def __call__(self, frames: NDArray[np.floating]) -> Values:
        frames = frames.astype(np.float64)
        raw = self._unnormalised((frames - frames.mean(-1, keepdims=True)) * self.window)
        power = raw[..., :1]
        correlation: Values = np.divide(raw, power, out=np.zeros_like(raw), where=power > 0) / self._of_window
        return correlation

    def _unnormalised(self, frames: Values) -> Values:
        power = np.abs(np.fft.rfft(frames, self._length)) ** 2
        correlation: Values = np.fft.irfft(power, self._oversampling * self._length)[..., : self._lags]
        return correlation


def parabola_vertex(before: Values, here: Values, after: Values) -> tuple[Values, Values]:
    """Offset (from the middle value) and height of the vertex of the parabola through three consecutive values."""
    offset = 0.5 * (before - after) / (before - 2 * here + after)
    return offset, here - 0.25 * (before - after) * offset


@dataclass(frozen=True)
class PitchSettings:
    """Search range in Hz, and costs (defaults of Boersma 1993, section 4)."""

    low: float = 65.0
    high: float = 500.0
    voicing: float = 0.45
    """Autocorrelation from which a frame is voiced, apart from the path's costs."""
    silence: float = 0.03
    """Share of the sound's peak below which a frame is silent."""
    octave: float = 0.01
    """Advantage of a candidate per octave that it is higher."""
    octave_jump: float = 0.35
    """Cost of a jump by one octave, per 10 ms."""
    change_of_voicing: float = 0.14
    """Cost of a change between voiced and unvoiced, per 10 ms."""


_SIZE_MULTIPLE = 64
_OVERSAMPLING = 4  # lags per sample: at 500 Hz and 16 kHz a period is only 32 samples, and peaks are narrow
_CANDIDATES = 14  # voiced candidates per frame
_COST_SECONDS = 0.01
_BLOCK_FRAMES = 1000


def track_pitch(
    wave: NDArray[np.floating], sample_rate: int, hop_seconds: float, settings: PitchSettings | None = None
) -> Values:
    """F0 of `wave` [samples] in Hz [samples // hop + 1], NaN in unvoiced frames. Frame t is centred on t * hop.

    Candidates of a frame are its highest autocorrelation peaks and "unvoiced"; a Viterbi search finds the path of
    lowest cost through all frames.
    """
    settings = settings or PitchSettings()
    wave = wave - wave.mean()  # an offset would make steps at both ends
    hop = round(hop_seconds * sample_rate)
    candidates = [_candidates(frames, sample_rate, settings) for frames in _blocks(wave, sample_rate, hop, settings)]
    pitches = np.concatenate([pitch for pitch, _ in candidates])
    strengths = np.concatenate([strength for _, strength in candidates])
    strengths[:, 0] = _unvoiced_strength(strengths[:, 0], wave, settings)
    path = _best_path(pitches, strengths, settings, hop / sample_rate / _COST_SECONDS)
    return np.take_along_axis(pitches, path[:, None], 1)[:, 0]


def _frame_size(sample_rate: int, settings: PitchSettings) -> int:
    """Samples per analysis frame, rounded up to a multiple for which the FFT is fast."""
    return math.ceil(_PERIODS * sample_rate / settings.low / _SIZE_MULTIPLE) * _SIZE_MULTIPLE


def _blocks(wave: NDArray[np.floating], sample_rate: int, hop: int, settings: PitchSettings) -> list[Values]:
    """Frames of the zero-padded wave in blocks of at most _BLOCK_FRAMES [frames, size]."""
    size = _frame_size(sample_rate, settings)
    padded = np.pad(wave.astype(np.float64), size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.split(frames, range(_BLOCK_FRAMES, len(frames), _BLOCK_FRAMES))


def _candidates(frames: Values, sample_rate: int, settings: PitchSettings) -> tuple[Values, Values]:
    """Pitches and strengths of the candidates [frames, 1 + candidates].

    Candidate 0 is "unvoiced": its pitch is NaN, and its column of strengths has the frame's peak, from which
    `_unvoiced_strength` follows. Missing candidates have strength minus infinity.
    """
    rate = _OVERSAMPLING * sample_rate
    first, last = int(rate / settings.high), int(np.ceil(rate / settings.low))
    correlation = Autocorrelation(frames.shape[1], last + 2, _OVERSAMPLING)(frames)
    before, here, after = (correlation[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
    is_peak = (here > before) & (here >= after) & (here > settings.voicing / 2)
    lags = np.arange(first, last + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        offset, height = parabola_vertex(before, here, after)
        period = (lags + offset) / rate
        # Eq. 24. Heights above 1, which the division by the window's autocorrelation can cause, are mirrored at 1.
        strength = np.where(height > 1, 1 / height, height) - settings.octave * np.log2(settings.low * period)
    strength = np.where(is_peak, strength, -np.inf)
    best = np.argpartition(-strength, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    strengths = np.take_along_axis(strength, best, 1)
    pitches = np.where(np.isfinite(strengths), 1 / np.take_along_axis(period, best, 1), np.nan)
    peaks = np.abs(frames - frames.mean(1, keepdims=True)).max(1, keepdims=True)
    return np.hstack([np.full((len(frames), 1), np.nan), pitches]), np.hstack([peaks, strengths])


def _unvoiced_strength(peaks: Values, wave: NDArray[np.floating], settings: PitchSettings) -> Values:
    """Strength of the candidate "unvoiced" from each frame's peak [frames] (eq. 23); largest in digital silence."""
    overall = float(np.abs(wave).max())
    share = peaks / overall if overall > 0 else np.zeros_like(peaks)
    strength: Values = settings.voicing + np.maximum(0, 2 - share / (settings.silence / (1 + settings.voicing)))
    return strength


def _best_path(pitches: Values, strengths: Values, settings: PitchSettings, hops: float) -> NDArray[np.int64]:
    """Candidate per frame [frames] that maximises strength minus transition costs (Viterbi).

    `hops`: duration of a frame in the unit of the costs, 10 ms.
    """
    heights = np.nan_to_num(np.log2(pitches))
    voiced = np.arange(pitches.shape[1]) > 0
    both, one = voiced[:, None] & voiced[None], voiced[:, None] ^ voiced[None]
    voicing_cost = settings.change_of_voicing / hops * one
    total = strengths[0]
    came_from = np.zeros(pitches.shape, dtype=np.int64)
    for frame in range(1, len(pitches)):
        jump = np.abs(heights[frame - 1][:, None] - heights[frame][None])
        through = total[:, None] - voicing_cost - settings.octave_jump / hops * jump * both
        came_from[frame] = through.argmax(0)
        total = through.max(0) + strengths[frame]
    path = np.empty(len(pitches), dtype=np.int64)
    path[-1] = total.argmax()
    for frame in range(len(pitches) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


_VOICED = 0.5
"""Smallest autocorrelation peak of a frame that `median_f0` uses."""


def median_f0(
    wave: NDArray[Any],
    sample_rate: int,
    segments: Iterable[tuple[float, float]],
    expected_hz: float,
    octaves: float = 0.65,
) -> float | None:
    """Median F0 in Hz over the frames within the voiced `segments` (start and end in seconds) of `wave` [samples].

    None if no frame is voiced. The search is within `octaves` of `expected_hz`, to exclude the subharmonics of rough
    voices.
    """
    low, high = expected_hz * 2**-octaves, expected_hz * 2**octaves
    size = round(_PERIODS * sample_rate / low)
    first, last = int(sample_rate / high), int(np.ceil(sample_rate / low))
    autocorrelation = Autocorrelation(size, last + 2)
    found: list[float] = []
    for start, end in segments:
        for begin in range(round(start * sample_rate), round(end * sample_rate) - size + 1, size // 3):
            correlation = autocorrelation(wave[begin : begin + size])
            peak = first + int(np.argmax(correlation[first : last + 1]))
            before, here, after = correlation[peak - 1 : peak + 2]
            if here >= _VOICED and here > before and here >= after:
                offset, _ = parabola_vertex(before, here, after)
                found.append(sample_rate / (peak + float(offset)))
    return float(np.median(found)) if found else None
