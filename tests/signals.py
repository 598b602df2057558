"""Synthetic test signals. Every function returns samples as a float64 array, scaled by the caller's `level`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import lfilter

Signal = NDArray[np.float64]


def sample_times(seconds: float, rate: int) -> Signal:
    """Times of the samples [samples], in seconds."""
    return np.arange(round(seconds * rate)) / rate


def sine(hz: float, seconds: float, rate: int, *, level: float = 1.0, phase: float = 0.0) -> Signal:
    """A sine of amplitude `level`; `phase` in radians."""
    return level * np.sin(2 * np.pi * hz * sample_times(seconds, rate) + phase)


def square_wave(hz: float, seconds: float, rate: int, *, level: float = 1.0) -> Signal:
    """A square wave of amplitude `level`."""
    return level * np.sign(sine(hz, seconds, rate))


def white_noise(seconds: float, rate: int, *, level: float = 1.0, seed: int = 0) -> Signal:
    """Gaussian noise with standard deviation `level`."""
    return level * np.random.default_rng(seed).normal(size=round(seconds * rate))


def harmonics(f0: ArrayLike, seconds: float, rate: int, *, highest_hz: float = 4000.0) -> Signal:
    """Harmonics of `f0` (Hz; a number, or one value a sample), falling by 6 dB an octave, below `highest_hz`."""
    course = np.broadcast_to(np.asarray(f0, dtype=float), round(seconds * rate))
    phase = 2 * np.pi * np.cumsum(course) / rate
    partials = range(1, int(highest_hz / course.max()))
    return np.sum([np.sin(k * phase + k) / k for k in partials], axis=0)


def formant_harmonics(
    f0: float,
    formants: Iterable[ArrayLike],
    seconds: float,
    rate: int,
    *,
    widths: Iterable[float] | float = 150.0,
    floor: float = 0.05,
    highest_hz: float | None = None,
) -> Signal:
    """Harmonics of `f0` (Hz) with the weights `floor` plus Gaussians around `formants` (Hz, constant or per sample).

    A vowel-like sound whose pitch and formants are known. `widths` are the Gaussians' widths in Hz, `highest_hz` the
    limit of the harmonics (default: half the sample rate).
    """
    times = sample_times(seconds, rate)
    centres = [np.asarray(formant, dtype=float) for formant in formants]
    spreads = [float(widths)] * len(centres) if np.isscalar(widths) else [float(width) for width in widths]
    limit = rate / 2 if highest_hz is None else highest_hz
    wave = np.zeros(len(times))
    for hz in np.arange(1, int(limit / f0)) * f0:
        weight = sum(np.exp(-(((hz - centre) / width) ** 2)) for centre, width in zip(centres, spreads, strict=True))
        wave += (weight + floor) * np.sin(2 * np.pi * hz * times)
    return wave


def resonant_pulses(
    f0: float, resonances: Sequence[tuple[float, float]], seconds: float, rate: int, *, tilt: float = 0.0
) -> Signal:
    """Unit pulses at `f0` (Hz) through all-pole `resonances` (centre and bandwidth in Hz): a source-filter vowel.

    `tilt` is the coefficient of a one-pole low-pass filter of the source; 0.98 makes it fall by 6 dB an octave.
    """
    wave = np.zeros(round(seconds * rate))
    wave[np.round(np.arange(0, len(wave), rate / f0)).astype(int)[:-1]] = 1.0
    wave = lfilter([1.0], [1.0, -tilt], wave)
    for hz, bandwidth in resonances:
        radius = np.exp(-np.pi * bandwidth / rate)
        wave = lfilter([1.0], [1.0, -2 * radius * np.cos(2 * np.pi * hz / rate), radius**2], wave)
    return np.asarray(wave, dtype=float)


def speech_like(seconds: float, rate: int, *, seed: int = 0) -> Signal:
    """Harmonics of a gliding pitch with a moving formant, a pause every 0.4 s and faint noise."""
    times = sample_times(seconds, rate)
    f0 = 120 + 40 * np.sin(2 * np.pi * 0.7 * times)
    phase = 2 * np.pi * np.cumsum(f0) / rate
    formant = 800 + 500 * np.sin(2 * np.pi * 2.1 * times)
    voice = np.sum([np.exp(-(((k * f0 - formant) / 500) ** 2)) * np.sin(k * phase) for k in range(1, 30)], axis=0)
    gate = np.clip(4 * np.sin(2 * np.pi * 1.25 * times), 0, 1)
    return 0.1 * gate * voice + white_noise(seconds, rate, level=1e-4, seed=seed)


def peak_scaled(wave: Signal, peak: float) -> Signal:
    """`wave` scaled to an absolute maximum of `peak`."""
    return peak * wave / np.abs(wave).max()
