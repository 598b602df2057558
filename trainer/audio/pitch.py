"""The fundamental frequency of speech over time, and where there is one, by autocorrelation (Boersma 1993, IFA
Proceedings 17, 97-110).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Autocorrelation:
    """Of frames [..., size] under a Hann window, divided by the window's own (equation 9) -> [..., lags]: 1 at lag 0, 0
    throughout in digital silence. Lags are counted in parts of a sample, of which there are `finer`; those in between
    are the exact values of a sound without frequencies above half the rate.
    """

    def __init__(self, size: int, lags: int, finer: int = 1) -> None:
        self.window = np.hanning(size)
        self._length, self._lags, self._finer = 2 * size, lags, finer
        own = self._raw(self.window)
        self._own = own / own[0]

    def __call__(self, frames: NDArray[np.floating]) -> Values:
        frames = frames.astype(np.float64)
        raw = self._raw((frames - frames.mean(-1, keepdims=True)) * self.window)
        power = raw[..., :1]
        correlation: Values = np.divide(raw, power, out=np.zeros_like(raw), where=power > 0) / self._own
        return correlation

    def _raw(self, frames: Values) -> Values:
        power = np.abs(np.fft.rfft(frames, self._length)) ** 2
        correlation: Values = np.fft.irfft(power, self._finer * self._length)[..., : self._lags]
        return correlation


def vertex(before: Values, here: Values, after: Values) -> tuple[Values, Values]:
    """Where the parabola through three neighbours has its top, from the middle one, and how high that is."""
    offset = 0.5 * (before - after) / (before - 2 * here + after)
    return offset, here - 0.25 * (before - after) * offset


@dataclass(frozen=True)
class PitchSettings:
    """What is looked for, in Hz, and what it costs (Boersma 1993, section 4, whose values these are)."""

    low: float = 65.0
    high: float = 500.0
    voicing: float = 0.45
    """Least autocorrelation of a voiced frame, if its neighbours are of no help."""
    silence: float = 0.03
    """Share of the loudest sample under which a frame counts as silent."""
    octave: float = 0.01
    """How much better a pitch an octave lower must be."""
    octave_jump: float = 0.35
    change_of_voicing: float = 0.14
    """Of the path, per 10 ms, as the cost of a jump is."""


_PERIODS = 3.0  # in an analysis frame, of the lowest pitch
_QUICK = 64
_FINER = 4  # lags a sample: a period at 500 Hz is 32 samples at 16 kHz, and the peak of a clear voice narrow
_CANDIDATES = 14  # of voiced pitches a frame
_COST_SECONDS = 0.01
_BLOCK_FRAMES = 1000


def track_pitch(
    wave: NDArray[np.floating], sample_rate: int, hop_seconds: float, settings: PitchSettings | None = None
) -> Values:
    """F0 of `wave` [samples] in Hz [samples // hop + 1], NaN where it is unvoiced. Frame t is centred on t * hop.

    Each frame's best peaks and "unvoiced" are candidates; the path through them is the cheapest over all of the sound.
    """
    settings = settings or PitchSettings()
    wave = wave - wave.mean()  # else its beginning and end would be steps
    hop = round(hop_seconds * sample_rate)
    candidates = [_candidates(frames, sample_rate, settings) for frames in _blocks(wave, sample_rate, hop, settings)]
    pitches = np.concatenate([pitch for pitch, _ in candidates])
    strengths = np.concatenate([strength for _, strength in candidates])
    strengths[:, 0] = _unvoiced_strength(strengths[:, 0], wave, settings)
    chosen = _cheapest_path(pitches, strengths, settings, hop / sample_rate / _COST_SECONDS)
    return np.take_along_axis(pitches, chosen[:, None], 1)[:, 0]


def _size(sample_rate: int, settings: PitchSettings) -> int:
    """Samples of a frame, rounded up to what a Fourier transform is quick with."""
    return math.ceil(_PERIODS * sample_rate / settings.low / _QUICK) * _QUICK


def _blocks(wave: NDArray[np.floating], sample_rate: int, hop: int, settings: PitchSettings) -> list[Values]:
    """Frames [frames, size] of the wave, some at a time, zeros beyond its ends."""
    size = _size(sample_rate, settings)
    padded = np.pad(wave.astype(np.float64), size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.split(frames, range(_BLOCK_FRAMES, len(frames), _BLOCK_FRAMES))


def _candidates(frames: Values, sample_rate: int, settings: PitchSettings) -> tuple[Values, Values]:
    """Pitches and strengths [frames, 1 + candidates]. The first is "unvoiced": pitch NaN, and in place of its strength
    the frame's largest value. A missing candidate has the strength of minus infinity.
    """
    rate = _FINER * sample_rate
    first, last = int(rate / settings.high), int(np.ceil(rate / settings.low))
    correlation = Autocorrelation(frames.shape[1], last + 2, _FINER)(frames)
    before, here, after = (correlation[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
    is_peak = (here > before) & (here >= after) & (here > settings.voicing / 2)
    lags = np.arange(first, last + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        offset, height = vertex(before, here, after)
        period = (lags + offset) / rate
        # Equation 24; a height above 1, which the division by the window's own can give, is as far from it as below
        strength = np.where(height > 1, 1 / height, height) - settings.octave * np.log2(settings.low * period)
    strength = np.where(is_peak, strength, -np.inf)
    best = np.argpartition(-strength, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    strengths = np.take_along_axis(strength, best, 1)
    pitches = np.where(np.isfinite(strengths), 1 / np.take_along_axis(period, best, 1), np.nan)
    loudest = np.abs(frames - frames.mean(1, keepdims=True)).max(1, keepdims=True)
    return np.hstack([np.full((len(frames), 1), np.nan), pitches]), np.hstack([loudest, strengths])


def _unvoiced_strength(loudest: Values, wave: NDArray[np.floating], settings: PitchSettings) -> Values:
    """Equation 23, from each frame's largest value [frames]; digital silence is as unvoiced as can be."""
    overall = float(np.abs(wave).max())
    share = loudest / overall if overall > 0 else np.zeros_like(loudest)
    strength: Values = settings.voicing + np.maximum(0, 2 - share / (settings.silence / (1 + settings.voicing)))
    return strength


def _cheapest_path(pitches: Values, strengths: Values, settings: PitchSettings, hops: float) -> NDArray[np.int64]:
    """The candidate of each frame [frames] with which strength less the costs of change is largest (Viterbi); `hops`:
    how long a frame is, in the unit of the costs.
    """
    heights = np.nan_to_num(np.log2(pitches))
    voiced = np.arange(pitches.shape[1]) > 0
    both, one = voiced[:, None] & voiced[None], voiced[:, None] ^ voiced[None]
    turning = settings.change_of_voicing / hops * one
    total = strengths[0]
    came_from = np.zeros(pitches.shape, dtype=np.int64)
    for frame in range(1, len(pitches)):
        jump = np.abs(heights[frame - 1][:, None] - heights[frame][None])
        through = total[:, None] - turning - settings.octave_jump / hops * jump * both
        came_from[frame] = through.argmax(0)
        total = through.max(0) + strengths[frame]
    path = np.empty(len(pitches), dtype=np.int64)
    path[-1] = total.argmax()
    for frame in range(len(pitches) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
