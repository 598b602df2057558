"""Acoustic properties of a sound: F0, intensity, spectral centroid, voiced duration and formants."""

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
_POWER_FLOOR = 1e-6  # relative to full scale


@dataclass(frozen=True)
class AcousticProperty:
    """An acoustic property and the unit of its changes."""

    name: str
    unit: str


F0 = AcousticProperty("f0", "semitones")
INTENSITY = AcousticProperty("intensity", "dB")
CENTROID = AcousticProperty("spectral_centroid", "Hz")
VOICED = AcousticProperty("voiced_duration", "s")
FORMANTS = tuple(AcousticProperty(f"f{number}", "Hz") for number in (1, 2, 3))
PROPERTIES = (F0, INTENSITY, CENTROID, VOICED, *FORMANTS)


@dataclass(frozen=True)
class AcousticMeasurement:
    """The acoustic properties of one sound.

    `pitch` [frames] and `formants` [frames, 3] in Hz, NaN in unvoiced frames and where no formant was found; RMS
    `intensity` in dB re full scale; power-weighted `centroid` in Hz; `voiced` duration in seconds.
    """

    pitch: Values
    formants: Values
    intensity: float
    centroid: float
    voiced: float


def measure_acoustics(wave: Wave, sample_rate: int) -> AcousticMeasurement:
    """Acoustic properties of `wave` [samples]; pitch and formants every HOP_SECONDS."""
    pitch = track_pitch(wave, sample_rate, HOP_SECONDS)
    voiced = np.flatnonzero(np.isfinite(pitch))
    tracks = np.full((len(pitch), len(FORMANTS)), np.nan)
    tracks[voiced] = formants(wave, sample_rate, HOP_SECONDS * voiced.astype(np.float64))
    power = float((wave.astype(np.float64) ** 2).mean())
    return AcousticMeasurement(
        pitch,
        tracks,
        10 * np.log10(max(power, _POWER_FLOOR)),
        spectral_centroid(wave, sample_rate),
        min(len(voiced) * HOP_SECONDS, len(wave) / sample_rate),
    )


def property_changes(before: AcousticMeasurement, after: AcousticMeasurement) -> Values:
    """Change of each of PROPERTIES between two sounds of the same length [properties].

    Changes of pitch and formants are medians over the frames where both sounds have a value, so frames that become
    unvoiced do not count and octave errors in a few frames have no effect. NaN without such a frame.
    """
    semitones = 12 * np.log2(after.pitch / before.pitch)
    tracks = np.column_stack([semitones, after.formants - before.formants])
    defined = np.isfinite(tracks)
    medians = [np.median(one[mask]) if mask.any() else np.nan for one, mask in zip(tracks.T, defined.T, strict=True)]
    wholes = [after.intensity - before.intensity, after.centroid - before.centroid, after.voiced - before.voiced]
    return np.array([medians[0], *wholes, *medians[1:]])


def spectral_centroid(wave: Wave, sample_rate: int) -> float:
    """Power-weighted mean frequency of `wave` [samples] in Hz; NaN for digital silence."""
    size = round(_WINDOW_SECONDS * sample_rate)
    padded = np.pad(wave.astype(np.float64), (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2] * np.hanning(size)
    power = (np.abs(np.fft.rfft(frames)) ** 2).sum(0)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    return float(frequencies @ power / power.sum()) if power.sum() > 0 else np.nan


def change_per_unit(up: Sequence[AcousticMeasurement], down: Sequence[AcousticMeasurement], step: float) -> Values:
    """Change of each property per latent unit [clips, properties], from the same clips decoded at +step and -step."""
    return np.stack([property_changes(low, high) for low, high in zip(down, up, strict=True)]) / (2 * step)
