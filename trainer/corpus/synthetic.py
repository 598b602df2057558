"""The built-in labelled corpus: synthetic speakers whose voices are drawn along continuous factors, each a process of
its own.

Labels of an utterance: speaker, word, kind; f0 (Hz, the median over its vowels and sonorants, measured on the sound),
f0_voice (Hz, the voice's when monotone), formant_scale, breathiness, roughness, rate (words a minute, as asked for),
pitch_range. Phones are timed by the synthesiser itself. Formant scaling shortens or lengthens the tract for everything
voiced; the noise of fricatives and bursts does not scale.

A speaker depends on the seed, its number and the number of words alone: not on how many others there are.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from trainer.corpus.espeak import SAMPLE_RATE, Voice
from trainer.corpus.labels import CorpusError
from trainer.corpus.synthesis import in_fresh_processes, speak
from trainer.corpus.utterances import draw_utterance

_FORMAT = 1  # raise it when the same seed gives other sound
_MANIFEST, _SETTINGS, _SHARDS = "manifest.jsonl", "synth.json", ".shards"
_VOICE_STREAM, _WORD_STREAM, _NOISE_STREAM = range(3)  # of random numbers, under one seed

_F0, _FORMANT_SCALE, _MOST_BREATH, _MOST_ROUGHNESS = (75.0, 330.0), (0.82, 1.25), 8.0, 4
_RATIO = 1.1673039782614187  # the real root of x^5 = x + 1: the golden ratio's sister for four dimensions


def draw_voice(seed: int, number: int) -> Voice:
    """The voice of speaker `number`, one of a sequence that fills the four factors evenly however many are taken.

    An additive recurrence with the powers of the generalised golden ratio, shifted by the seed (Roberts 2018, the
    R-sequence). F0 and formant scale are spread on a logarithmic scale.
    """
    shift = np.random.default_rng((seed, _VOICE_STREAM)).random(4)
    f0, formants, breath, rough = (shift + (number + 1) * _RATIO ** -np.arange(1.0, 5.0)) % 1
    return Voice(
        f0=round(_between(_F0, f0), 1),
        formant_scale=round(_between(_FORMANT_SCALE, formants), 2),
        breathiness=round(_MOST_BREATH * breath, 1),
        roughness=int(rough * (_MOST_ROUGHNESS + 1)),
    )


def _between(limits: tuple[float, float], share: float) -> float:
    low, high = limits
    return float(low * (high / low) ** share)


def synthesise(out: Path, speakers: int, words: int, seed: int, processes: int = 2) -> Path:
    """Write a corpus of `speakers` x `words` utterances to the folder `out` and return its manifest, which `scan`
    reads.

    The same arguments give the same bytes, whatever `processes` is. A run that was stopped goes on where it was, and
    speakers can be added to a corpus later. Raises CorpusError.
    """
    for name, value, least in (
        ("speakers", speakers, 1),
        ("words", words, 1),
        ("seed", seed, 0),
        ("processes", processes, 1),
    ):
        if value < least:
            raise CorpusError(f"{name}: {value} is too few; give at least {least}.")
    out = Path(out)
    _claim(out, {"format": _FORMAT, "seed": seed, "words": words})
    missing = [number for number in range(speakers) if not _shard(out, number).is_file()]
    in_fresh_processes(_write_speaker, [(out, number, words, seed) for number in missing], processes, "synthesising")
    return _write(out / _MANIFEST, "".join(_shard(out, number).read_text("utf-8") for number in range(speakers)))


def _claim(out: Path, settings: dict[str, int]) -> None:
    """Note what `out` is a corpus of; refuse a folder that is something else."""
    out.mkdir(parents=True, exist_ok=True)
    known = out / _SETTINGS
    if known.is_file():
        if json.loads(known.read_text("utf-8")) != settings:
            raise CorpusError(
                f"The folder {out.name!r} holds a corpus of another seed or number of words; choose another."
            )
    elif any(out.iterdir()):
        raise CorpusError(f"The folder {out.name!r} is not empty; choose another.")
    (out / _SHARDS).mkdir(exist_ok=True)
    _write(known, json.dumps(settings))


def _speaker_name(number: int) -> str:
    return f"s{number:04d}"


def _shard(out: Path, number: int) -> Path:
    """The speaker's part of the manifest; it is there once all the speaker's sound is."""
    return out / _SHARDS / f"{_speaker_name(number)}.jsonl"


def _write(path: Path, text: str) -> Path:
    """All of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(path)


def _write_speaker(out: Path, number: int, words: int, seed: int) -> None:
    voice, speaker = draw_voice(seed, number), _speaker_name(number)
    generator = np.random.default_rng((seed, _WORD_STREAM, number))
    utterances = [draw_utterance(generator) for _ in range(words)]
    folder = Path("wav") / speaker
    (out / folder).mkdir(parents=True, exist_ok=True)
    lines = []
    for index, spoken in enumerate(speak(voice, utterances, (seed, _NOISE_STREAM, number))):
        path = folder / f"{index:04d}.wav"
        soundfile.write(out / path, spoken.wave, SAMPLE_RATE, subtype="PCM_16")
        row = {"path": path.as_posix(), "speaker": speaker} | spoken.description()
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    _write(_shard(out, number), "".join(lines))
