"""What a sound is like to a phonetician: pitch, strength, brightness, formants, and how long it is voiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.analysis.formants import formants
from trainer.pitch import track_pitch

Wave = NDArray[np.float32] | NDArray[np.float64]
HOP_SECONDS = 0.02
_WINDOW_SECONDS = 0.04
_QUIETEST = 1e-6  # of the power of full scale


@dataclass(frozen=True)
class Property:
    """A property of a sound, and the unit of its changes."""

    name: str
    unit: str


F0 = Property("f0", "semitones")
INTENSITY = Property("intensity", "dB")
CENTROID = Property("spectral_centroid", "Hz")
VOICED = Property("voiced_duration", "s")
FORMANTS = tuple(Property(f"f{number}", "Hz") for number in (1, 2, 3))
PROPERTIES = (F0, INTENSITY, CENTROID, VOICED, *FORMANTS)


def properties(wave: Wave, sample_rate: int) -> NDArray[np.float64]:
    """Each of PROPERTIES of `wave` [samples]: median F0 in semitones over 1 Hz, RMS in dB re full scale, centre of
    gravity of the power spectrum in Hz, seconds voiced, and median F1 to F3 in Hz over voiced frames. NaN where a sound
    has none of it: pitch without voice, formants without Praat.
    """
    pitch = track_pitch(wave, sample_rate, HOP_SECONDS)
    voiced = np.isfinite(pitch)
    tones = formants(wave, sample_rate, HOP_SECONDS * np.flatnonzero(voiced).astype(np.float64))
    return np.array(
        [
            12 * np.log2(np.median(pitch[voiced])) if voiced.any() else np.nan,
            10 * np.log10(max(float((wave.astype(np.float64) ** 2).mean()), _QUIETEST)),
            centroid(wave, sample_rate),
            min(voiced.sum() * HOP_SECONDS, len(wave) / sample_rate),
            *tones,
        ]
    )


def centroid(wave: Wave, sample_rate: int) -> float:
    """Hz: the mean frequency of `wave` [samples], weighted by power; NaN in digital silence."""
    size = round(_WINDOW_SECONDS * sample_rate)
    padded = np.pad(wave.astype(np.float64), (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2] * np.hanning(size)
    power = (np.abs(np.fft.rfft(frames)) ** 2).sum(0)
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    return float(frequencies @ power / power.sum()) if power.sum() > 0 else np.nan


def slopes(up: Sequence[NDArray[np.float64]], down: Sequence[NDArray[np.float64]], step: float) -> NDArray[np.float64]:
    """Change of each property per unit [clips, properties], from clips moved by +step and by -step; NaN where a
    property was there on one side only.
    """
    change: NDArray[np.float64] = (np.stack(up) - np.stack(down)) / (2 * step)
    return change
