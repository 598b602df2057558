"""What a sound is like to a phonetician: pitch, strength, brightness, formants, and how long it is voiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.audio.pitch import track_pitch
from trainer.metrics.speech.formants import formants

Values = NDArray[np.float64]
Wave = NDArray[np.float32] | Values
HOP_SECONDS = 0.02
_WINDOW_SECONDS = 0.04
_QUIETEST = 1e-6  # of the power of full scale


@dataclass(frozen=True)
class Property:
    """A property of a sound, and the unit in which it changes."""

    name: str
    unit: str


F0 = Property("f0", "semitones")
INTENSITY = Property("intensity", "dB")
CENTROID = Property("spectral_centroid", "Hz")
VOICED = Property("voiced_duration", "s")
FORMANTS = tuple(Property(f"f{number}", "Hz") for number in (1, 2, 3))
PROPERTIES = (F0, INTENSITY, CENTROID, VOICED, *FORMANTS)


@dataclass(frozen=True)
class Measured:
    """A sound's `pitch` [frames] in Hz and `formants` [frames, 3] in Hz, NaN where there is no voice or nothing to
    measure it with; its RMS `intensity` in dB re full scale, the `centroid` of its power in Hz, and seconds `voiced`.
    """

    pitch: Values
    formants: Values
    intensity: float
    centroid: float
    voiced: float


def measure(wave: Wave, sample_rate: int) -> Measured:
    """Of `wave` [samples], pitch and formants every HOP_SECONDS."""
    pitch = track_pitch(wave, sample_rate, HOP_SECONDS)
    voiced = np.flatnonzero(np.isfinite(pitch))
    tones = np.full((len(pitch), len(FORMANTS)), np.nan)
    tones[voiced] = formants(wave, sample_rate, HOP_SECONDS * voiced.astype(np.float64))
    power = float((wave.astype(np.float64) ** 2).mean())
    return Measured(
        pitch,
        tones,
        10 * np.log10(max(power, _QUIETEST)),
        centroid(wave, sample_rate),
        min(len(voiced) * HOP_SECONDS, len(wave) / sample_rate),
    )


def change(before: Measured, after: Measured) -> Values:
    """Of each of PROPERTIES, between two sounds of the same length. That of pitch and of formants is the median over
    the frames where both have it: what a frame that has lost its voice was like says nothing of a movement, and a
    tracker that takes an octave for another in some frames does not move a median. NaN where no frame has both.
    """
    rise = 12 * np.log2(after.pitch / before.pitch)
    tracks = np.column_stack([rise, after.formants - before.formants])
    there = np.isfinite(tracks)
    moved = [np.median(one[known]) if known.any() else np.nan for one, known in zip(tracks.T, there.T, strict=True)]
    wholes = [after.intensity - before.intensity, after.centroid - before.centroid, after.voiced - before.voiced]
    return np.array([moved[0], *wholes, *moved[1:]])


def centroid(wave: Wave, sample_rate: int) -> float:
    """Hz: the mean frequency of `wave` [samples], weighted by power; NaN in digital silence."""
    size = round(_WINDOW_SECONDS * sample_rate)
    padded = np.pad(wave.astype(np.float64), (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2] * np.hanning(size)
    power = (np.abs(np.fft.rfft(frames)) ** 2).sum(0)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    return float(frequencies @ power / power.sum()) if power.sum() > 0 else np.nan


def slopes(up: Sequence[Measured], down: Sequence[Measured], step: float) -> Values:
    """Change of each property per unit [clips, properties], from clips moved by +step and by -step."""
    return np.stack([change(low, high) for low, high in zip(down, up, strict=True)]) / (2 * step)
