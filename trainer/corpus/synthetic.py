"""The built-in labelled corpus: synthetic speakers with voices along continuous factors, one process per speaker.

Labels of an utterance: speaker, word, kind; f0 (Hz, measured median over vowels and sonorants), f0_voice (Hz, the voice
without intonation), formant_scale, breathiness, roughness, rate (requested, in words per minute), pitch_range. Phones
are timed by the synthesiser. Formant scaling changes the vocal tract for voiced phones; the noise of fricatives and
bursts is not scaled.

A speaker depends only on the seed, its number and the number of words, not on the number of speakers.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from trainer.corpus.espeak import SAMPLE_RATE, Voice
from trainer.corpus.recording import CorpusError
from trainer.corpus.synthesis import in_fresh_processes, speak
from trainer.corpus.utterances import draw_utterance

_FORMAT = 1  # increase it if the same seed gives other audio
_MANIFEST, _SETTINGS, _SHARDS = "manifest.jsonl", "synth.json", ".shards"
_VOICE_STREAM, _WORD_STREAM, _NOISE_STREAM = range(3)  # independent random streams of one seed

_F0, _FORMANT_SCALE, _MAX_BREATHINESS, _MAX_ROUGHNESS = (75.0, 330.0), (0.82, 1.25), 8.0, 4
_RATIO = 1.1673039782614187  # real root of x^5 = x + 1, the generalised golden ratio for four dimensions


def draw_voice(seed: int, number: int) -> Voice:
    """The voice of speaker `number`, from a low-discrepancy sequence over the four factors.

    The sequence is Roberts' R-sequence (2018): an additive recurrence with powers of the generalised golden ratio,
    shifted by the seed. F0 and formant scale are on a logarithmic scale.
    """
    shift = np.random.default_rng((seed, _VOICE_STREAM)).random(4)
    f0, formants, breath, rough = (shift + (number + 1) * _RATIO ** -np.arange(1.0, 5.0)) % 1
    return Voice(
        f0=round(_between(_F0, f0), 1),
        formant_scale=round(_between(_FORMANT_SCALE, formants), 2),
        breathiness=round(_MAX_BREATHINESS * breath, 1),
        roughness=int(rough * (_MAX_ROUGHNESS + 1)),
    )


def _between(limits: tuple[float, float], share: float) -> float:
    low, high = limits
    return float(low * (high / low) ** share)


def synthesise(out: Path, speakers: int, words: int, seed: int, processes: int = 2) -> Path:
    """Write a corpus of `speakers` x `words` utterances to the folder `out`; returns its manifest, which `scan` reads.

    The same arguments give the same bytes for any number of `processes`. An interrupted run is continued by the same
    call, and speakers can be added later. Raises CorpusError.
    """
    for name, value, minimum in (
        ("speakers", speakers, 1),
        ("words", words, 1),
        ("seed", seed, 0),
        ("processes", processes, 1),
    ):
        if value < minimum:
            raise CorpusError(f"{name}: {value} is too small; give at least {minimum}.")
    out = Path(out)
    _prepare_folder(out, {"format": _FORMAT, "seed": seed, "words": words})
    missing = [number for number in range(speakers) if not _shard(out, number).is_file()]
    in_fresh_processes(_write_speaker, [(out, number, words, seed) for number in missing], processes, "synthesising")
    return _write(out / _MANIFEST, "".join(_shard(out, number).read_text("utf-8") for number in range(speakers)))


def _prepare_folder(out: Path, settings: dict[str, int]) -> None:
    """Create `out` with its settings file. Raises CorpusError if it has another corpus or other files."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / _SETTINGS
    if file.is_file():
        if json.loads(file.read_text("utf-8")) != settings:
            raise CorpusError(
                f"The folder {out.name!r} has a corpus with another seed or number of words; choose another folder."
            )
    elif any(out.iterdir()):
        raise CorpusError(f"The folder {out.name!r} is not empty; choose another folder.")
    (out / _SHARDS).mkdir(exist_ok=True)
    _write(file, json.dumps(settings))


def _speaker_name(number: int) -> str:
    return f"s{number:04d}"


def _shard(out: Path, number: int) -> Path:
    """The speaker's part of the manifest, written after all of the speaker's audio."""
    return out / _SHARDS / f"{_speaker_name(number)}.jsonl"


def _write(path: Path, text: str) -> Path:
    """Write `text` to `path` atomically."""
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
