"""Labels of single time points of a recording: phone, F0, loudness, speaker and so on. Silence has no labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.audio.pitch import track_pitch
from trainer.corpus import SILENCE, Recording
from trainer.corpus.utterances import is_vowel

Waveform = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Labels = NDArray[Any]
"""One factor at each time point [n]: class names ("" if unknown) or a quantity (NaN if unknown)."""

PHONE, SPEAKER = "phone", "speaker"
FACTORS = (
    PHONE,
    "vowel",
    "consonant",
    "voicing",
    "f0",
    "formant_scale",
    "loudness",
    "rate",
    SPEAKER,
    "position",
)
VOICED, VOICELESS = "voiced", "voiceless"
_RECORDING_QUANTITIES = ("formant_scale", "rate")  # labels of whole recordings
_PITCH_HOP, _LEVEL_WINDOW = 0.010, 0.025  # seconds
_SILENCE_DB = -40.0  # relative to the recording's maximum: silence, if there are no timed phones


def frame_labels(wave: Waveform, sample_rate: int, recording: Recording, seconds: Values) -> dict[str, Labels]:
    """All FACTORS at the times `seconds` [n] of `wave` [samples].

    Units: f0 in octaves above 1 Hz; loudness in dB re full scale; position from 0 (first time point of speech) to 1
    (last); all others as in the corpus.
    """
    loudness = levels_db(wave, sample_rate, seconds)
    phones = phones_at(recording, seconds)
    speech = phones != SILENCE if recording.segments else loudness > loudness.max() + _SILENCE_DB
    pitch = track_pitch(wave, sample_rate, _PITCH_HOP)
    f0 = pitch[np.round(seconds / _PITCH_HOP).astype(int).clip(0, len(pitch) - 1)]
    vowels = np.array([is_vowel(phone) for phone in phones.tolist()], dtype=np.bool_)
    found = {
        PHONE: phones,
        "vowel": _timed_or_recording_label("vowel", np.where(vowels, phones, ""), recording),
        "consonant": _timed_or_recording_label("consonant", np.where(vowels, "", phones), recording),
        "voicing": np.where(np.isfinite(f0), VOICED, VOICELESS),
        "f0": np.log2(f0),
        "loudness": loudness,
        SPEAKER: np.full(len(seconds), _class_name(recording, SPEAKER)),
        "position": _position(seconds, speech),
    } | {name: np.full(len(seconds), _quantity(recording, name)) for name in _RECORDING_QUANTITIES}
    return {name: _mask(found[name], speech) for name in FACTORS}


def phones_at(recording: Recording, seconds: Values) -> Labels:
    """The timed phone at each time [n]; "" in silence and outside of all segments."""
    names: Labels = np.full(len(seconds), SILENCE, dtype=object)
    for segment in recording.segments:
        names[(seconds >= segment.start) & (seconds < segment.end)] = segment.label
    return names.astype(str)


def levels_db(wave: Waveform, sample_rate: int, seconds: Values) -> Values:
    """RMS in dB re full scale of a 25 ms window centred at each time [n]."""
    energy = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    centre, half = np.round(seconds * sample_rate).astype(int), round(_LEVEL_WINDOW / 2 * sample_rate)
    first, last = np.clip(centre - half, 0, len(wave)), np.clip(centre + half, 0, len(wave))
    power = (energy[last] - energy[first]) / np.maximum(last - first, 1)
    decibels: Values = 10 * np.log10(np.maximum(power, 1e-12))
    return decibels


def _position(seconds: Values, speech: Flags) -> Labels:
    if not speech.any():
        return np.full(len(seconds), np.nan)
    first, last = seconds[speech][[0, -1]]
    position: Labels = (seconds - first) / max(last - first, 1e-9)
    return position


def _timed_or_recording_label(name: str, timed: Labels, recording: Recording) -> Labels:
    """`timed` if the recording has timed phones, else its label `name` at every time point."""
    return timed if recording.segments else np.full(len(timed), _class_name(recording, name))


def _class_name(recording: Recording, label: str) -> str:
    return str(recording.labels.get(label, ""))


def _quantity(recording: Recording, label: str) -> float:
    value = recording.labels.get(label)
    return value if isinstance(value, float) else np.nan


def _mask(labels: Labels, speech: Flags) -> Labels:
    """`labels` where `speech` is True, else "" or NaN."""
    return np.where(speech, labels, "" if labels.dtype.kind == "U" else np.nan)


def is_known(labels: Labels) -> Flags:
    """Whether each value [n] is known."""
    return labels != "" if labels.dtype.kind == "U" else np.isfinite(labels.astype(np.float64))


def concatenate(parts: Sequence[dict[str, Labels]]) -> dict[str, Labels]:
    """The labels of several recordings in one array per factor."""
    return {name: np.concatenate([part[name] for part in parts]) for name in FACTORS}
