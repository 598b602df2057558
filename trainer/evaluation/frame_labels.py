"""What is known of each moment of a recording: its phone, F0, loudness, speaker ... Silence has no factor."""

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
Track = NDArray[Any]
"""A class by its name, "" where unknown, or a quantity, NaN where unknown, of each moment [n]."""

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
_OF_RECORDINGS = ("formant_scale", "rate")  # quantities that a corpus says of whole recordings
_PITCH_HOP, _LEVEL_WINDOW = 0.010, 0.025  # seconds
_QUIETEST_DB = -40.0  # under a recording's loudest: silence, where no timed label says


def tracks(wave: Waveform, sample_rate: int, recording: Recording, seconds: Values) -> dict[str, Track]:
    """Every one of FACTORS at `seconds` [n] of `wave` [samples], at its final loudness. Units: f0 octaves over 1 Hz,
    loudness dB re full scale, position 0 to 1 from the first to the last moment of speech, others as the corpus has
    them.
    """
    loudness = levels(wave, sample_rate, seconds)
    phones = phones_at(recording, seconds)
    speech = phones != SILENCE if recording.segments else loudness > loudness.max() + _QUIETEST_DB
    pitch = track_pitch(wave, sample_rate, _PITCH_HOP)
    f0 = pitch[np.round(seconds / _PITCH_HOP).astype(int).clip(0, len(pitch) - 1)]
    vowels = np.array([is_vowel(phone) for phone in phones.tolist()], dtype=np.bool_)
    found = {
        PHONE: phones,
        "vowel": _or_label("vowel", np.where(vowels, phones, ""), recording),
        "consonant": _or_label("consonant", np.where(vowels, "", phones), recording),
        "voicing": np.where(np.isfinite(f0), VOICED, VOICELESS),
        "f0": np.log2(f0),
        "loudness": loudness,
        SPEAKER: np.full(len(seconds), _name(recording, SPEAKER)),
        "position": _position(seconds, speech),
    } | {name: np.full(len(seconds), _quantity(recording, name)) for name in _OF_RECORDINGS}
    return {name: _only(found[name], speech) for name in FACTORS}


def phones_at(recording: Recording, seconds: Values) -> Track:
    """The timed phone at each moment [n]; "" in silence, and where there is none."""
    names: Track = np.full(len(seconds), SILENCE, dtype=object)
    for segment in recording.segments:
        names[(seconds >= segment.start) & (seconds < segment.end)] = segment.label
    return names.astype(str)


def levels(wave: Waveform, sample_rate: int, seconds: Values) -> Values:
    """RMS in dB re full scale over 25 ms around each moment [n]."""
    energy = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    middle, half = np.round(seconds * sample_rate).astype(int), round(_LEVEL_WINDOW / 2 * sample_rate)
    first, last = np.clip(middle - half, 0, len(wave)), np.clip(middle + half, 0, len(wave))
    power = (energy[last] - energy[first]) / np.maximum(last - first, 1)
    decibels: Values = 10 * np.log10(np.maximum(power, 1e-12))
    return decibels


def _position(seconds: Values, speech: Flags) -> Track:
    if not speech.any():
        return np.full(len(seconds), np.nan)
    first, last = seconds[speech][[0, -1]]
    position: Track = (seconds - first) / max(last - first, 1e-9)
    return position


def _or_label(name: str, timed: Track, recording: Recording) -> Track:
    """What the timed phones say; without any, what the corpus says of the whole recording."""
    return timed if recording.segments else np.full(len(timed), _name(recording, name))


def _name(recording: Recording, label: str) -> str:
    return str(recording.labels.get(label, ""))


def _quantity(recording: Recording, label: str) -> float:
    value = recording.labels.get(label)
    return value if isinstance(value, float) else np.nan


def _only(track: Track, speech: Flags) -> Track:
    return np.where(speech, track, "" if track.dtype.kind == "U" else np.nan)


def known(track: Track) -> Flags:
    """At which moments [n] a track says something."""
    return track != "" if track.dtype.kind == "U" else np.isfinite(track.astype(np.float64))


def joined(parts: Sequence[dict[str, Track]]) -> dict[str, Track]:
    """The tracks of recordings, one after another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in FACTORS}
