"""Example clips of the shipped bundles: short utterances by six different synthetic voices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from trainer.audio import write_flac
from trainer.corpus.espeak import SAMPLE_RATE, Voice
from trainer.corpus.synthesis import SpokenUtterance, in_fresh_processes, speak
from trainer.corpus.utterances import Utterance

_RATE = 16_000
_PEAK = 0.7


class _Clip(NamedTuple):
    """`text` is phonemes; without it the label is spoken as English. `rate` in words per minute."""

    id: str
    label: str
    text: str = ""
    rate: int = 150
    pitch_range: int = 45

    def utterance(self) -> Utterance:
        return Utterance("example", self.label, self.text or self.label, bool(self.text), self.rate, self.pitch_range)


class _ExampleSpeaker(NamedTuple):
    name: str
    voice: Voice
    clips: tuple[_Clip, ...]


_SPEAKERS = (
    _ExampleSpeaker(
        "man",
        Voice(f0=112, formant_scale=0.95, breathiness=1, roughness=1),
        (
            _Clip("badigu-man", "b a d i g u", "b|'a|d|i|g|u"),
            _Clip("vowels-man", "a i u", "'A: _: 'i: _: 'u:", rate=120),
            _Clip("nasals-man", "m a n i ng u l a", "m|'a|n|i|N|u|l|a", rate=130),
            _Clip("sentence-man", "Good morning, did you sleep enough?", rate=165),
        ),
    ),
    _ExampleSpeaker(
        "woman",
        Voice(f0=205, formant_scale=1.12, breathiness=2, roughness=0),
        (
            _Clip("badigu-woman", "b a d i g u", "b|'a|d|i|g|u"),
            _Clip("tikapu-woman", "t i k a p u", "t|'i|k|a|p|u"),
            _Clip("sentence-woman", "You can hear the sea from here.", rate=165),
        ),
    ),
    _ExampleSpeaker(
        "child",
        Voice(f0=300, formant_scale=1.25, breathiness=2, roughness=0),
        (
            _Clip("badigu-child", "b a d i g u", "b|'a|d|i|g|u"),
            _Clip("vowels-child", "a i u", "'A: _: 'i: _: 'u:", rate=120),
        ),
    ),
    _ExampleSpeaker(
        "deep man",
        Voice(f0=82, formant_scale=0.84, breathiness=1, roughness=2),
        (
            _Clip("gubida-deep", "g u b i d a, monotone", "g|u|b|'i|d|a", rate=130, pitch_range=0),
            _Clip("glides-deep", "w a y u r e", "w|'a|j|u|r|e", rate=120),
        ),
    ),
    _ExampleSpeaker(
        "breathy woman",
        Voice(f0=170, formant_scale=1.06, breathiness=8, roughness=0),
        (_Clip("fricatives-breathy", "s a sh i z u f o", "s|'a|S|i|z|u|f|o", rate=140),),
    ),
    _ExampleSpeaker(
        "hoarse man",
        Voice(f0=130, formant_scale=1.0, breathiness=4, roughness=4),
        (_Clip("dudabi-hoarse", "d u d a b i, lively", "d|'u|d|a|b|i", rate=140, pitch_range=70),),
    ),
)


def synthesise_examples(out: Path, seed: int, processes: int = 2) -> list[dict[str, Any]]:
    """Write the clips as 16 kHz FLAC and examples.json to the folder `out`; returns the entries of examples.json.

    The same seed gives the same bytes for any number of `processes`.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (speaker.voice, [clip.utterance() for clip in speaker.clips], (seed, number))
        for number, speaker in enumerate(_SPEAKERS)
    ]
    spoken = in_fresh_processes(speak, jobs, processes, "examples")
    entries = [
        _write_clip(folder, speaker.name, clip, utterance)
        for speaker, utterances in zip(_SPEAKERS, spoken, strict=True)
        for clip, utterance in zip(speaker.clips, utterances, strict=True)
    ]
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    (folder / "examples.json").write_text(text, encoding="utf-8")
    return entries


def _write_clip(folder: Path, speaker: str, clip: _Clip, spoken: SpokenUtterance) -> dict[str, Any]:
    """Write one FLAC file; returns its entry in examples.json."""
    wave = soxr.resample(spoken.wave.astype(np.float32) / 32768, SAMPLE_RATE, _RATE, quality="HQ")
    file = f"{clip.id}.flac"
    write_flac(folder / file, wave * (_PEAK / np.abs(wave).max()), _RATE)
    entry = {"id": clip.id, "file": file, "label": clip.label, "duration": len(wave) / _RATE, "speaker": speaker}
    labels = spoken.description()
    return entry | {name: labels[name] for name in ("f0", "formant_scale", "rate", "phones")}
