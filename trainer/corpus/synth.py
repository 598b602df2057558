"""The built-in labelled corpus: synthetic speakers whose voices are drawn along continuous factors, each a process of its own.

Labels of an utterance: speaker, word, kind; f0 (Hz, the median over its vowels, measured on the sound), f0_voice (Hz, the voice's when
monotone), formant_scale, breathiness, roughness, rate (words a minute asked for), pitch_range. Phones are timed by the synthesiser
itself. Formant scaling shortens or lengthens the tract for everything voiced; noise of fricatives and bursts does not scale.

A speaker depends only on the seed, its number and the number of words: not on how many others there are, nor on the processes used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus.espeak import SAMPLE_RATE, Onset, Speaker, Voice, check_installed
from trainer.corpus.labels import SILENCE, CorpusError, Segment
from trainer.corpus.pitch import median_f0
from trainer.corpus.words import Utterance, draw_utterance, is_vowel, plain_phone

MANIFEST = "manifest.jsonl"
_SETTINGS, _SHARDS = "synth.json", ".shards"
_FORMAT = 1  # raise it when the same seed gives other sound

_F0, _FORMANT_SCALE, _BREATHINESS, _ROUGHNESS = (75.0, 330.0), (0.82, 1.25), (0.0, 8.0), (0, 4)
_UNVOICED_STOPS = frozenset(("p", "t", "k", "tS"))
_CLOSURE_SECONDS = 0.06  # of a pause, or of the clip's beginning, that a stop may claim as its closure
_QUIET = 24  # below this the synthesiser is between sounds (of 32768)
_FLOOR = 4.0  # standard deviation of the noise floor, in the same units: -78 dB re full scale, so that silence is no constant
_MARGIN_SECONDS = (0.03, 0.12)  # of silence before and after


@dataclass(frozen=True)
class Spoken:
    """One utterance as sound: `wave` int16 [samples] at 22 050 Hz, `segments` that cover all of it, and `f0` in Hz."""

    wave: NDArray[np.int16]
    segments: tuple[Segment, ...]
    f0: float

    @property
    def duration(self) -> float:
        return len(self.wave) / SAMPLE_RATE


def draw_voice(seed: int, number: int) -> Voice:
    """The voice of speaker `number`: a sequence that fills the four factors evenly however many speakers are taken.

    Additive recurrence with the powers of the generalised golden ratio (the real root of x^5 = x + 1), shifted by the seed.
    """
    ratio = 1.1673039782614187
    shift = np.random.default_rng((seed, 0)).random(4)
    f0, formant, breath, rough = (shift + (number + 1) * ratio ** -np.arange(1.0, 5.0)) % 1
    return Voice(
        f0=round(_between(_F0, f0), 1),
        formant_scale=round(_between(_FORMANT_SCALE, formant), 2),
        breathiness=round(_BREATHINESS[1] * breath, 1),
        roughness=int(rough * (_ROUGHNESS[1] + 1)),
    )


def _between(limits: tuple[float, float], share: float) -> float:
    """On a logarithmic scale."""
    return float(limits[0] * (limits[1] / limits[0]) ** share)


def speak(voice: Voice, utterances: Sequence[Utterance], seed: Sequence[int]) -> list[Spoken]:
    """All utterances, in order, in one voice. Call it in a fresh process: espeak-ng cannot be reset."""
    generator = np.random.default_rng(seed)
    with Speaker(voice) as speaker:
        return [_spoken(speaker, voice, utterance, generator) for utterance in utterances]


def _spoken(speaker: Speaker, voice: Voice, utterance: Utterance, generator: np.random.Generator) -> Spoken:
    sound, onsets = speaker.say(utterance.text, utterance.rate, utterance.pitch_range, utterance.phonemes)
    if not any(plain_phone(onset.phone) for onset in onsets):
        raise CorpusError(f"espeak-ng said nothing for {utterance.text!r}; this version of it lacks a phone.")
    before, after = (round(SAMPLE_RATE * seconds) for seconds in generator.uniform(*_MARGIN_SECONDS, size=2))
    sound = np.pad(sound, (before, after))
    segments = timed(sound, [Onset(onset.sample + before, onset.phone) for onset in onsets])
    vowels = [(s.start, s.end) for s in segments if is_vowel(s.label)]
    f0 = median_f0(sound, SAMPLE_RATE, vowels, near=voice.f0)
    noisy = np.round(sound + generator.normal(0.0, _FLOOR, len(sound)))
    wave = np.clip(noisy, -32768, 32767).astype(np.int16)
    return Spoken(wave, segments, round(f0 if f0 is not None else voice.f0, 1))


def timed(sound: NDArray[np.int16], onsets: Sequence[Onset]) -> tuple[Segment, ...]:
    """Segments that cover `sound` [samples] without a gap, from the onsets of its phones.

    espeak-ng marks a voiceless stop at its burst: the silence before belongs to the stop, all of it after a phone, and at most a closure's
    length of it after a pause. Pauses, and what lies before the first and after the last phone, have the label "".
    """
    marks = [(0, SILENCE)]
    for onset in onsets:
        phone = plain_phone(onset.phone)
        begin = onset.sample
        if phone in _UNVOICED_STOPS:
            loud = np.flatnonzero(np.abs(sound[marks[-1][0] : begin].astype(np.int32)) > _QUIET)
            quiet_from = marks[-1][0] + (int(loud[-1]) + 1 if len(loud) else 0)
            begin = quiet_from if marks[-1][1] else max(quiet_from, begin - round(_CLOSURE_SECONDS * SAMPLE_RATE))
        if marks[-1][1] == phone == SILENCE:
            continue
        marks.append((begin, phone))
    ends = [begin for begin, _ in marks[1:]] + [len(sound)]
    return tuple(
        Segment(round(begin / SAMPLE_RATE, 5), round(end / SAMPLE_RATE, 5), phone) for (begin, phone), end in zip(marks, ends, strict=True) if end > begin
    )


def in_processes(work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], processes: int, title: str) -> list[Any]:
    """`work(*job)` of every job, each in a fresh process, at most `processes` at a time; results in the order of the jobs."""
    check_installed()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = [pool.submit(work, *job) for job in jobs]
        try:
            for future in tqdm(as_completed(futures), total=len(futures), desc=title, unit="speaker", disable=None):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]


def synthesise(out: Path, speakers: int, words: int, seed: int, processes: int = 2) -> Path:
    """Write a corpus of `speakers` x `words` utterances to the folder `out` and return its manifest, which `scan` reads.

    The same arguments give the same bytes. A run that was stopped goes on where it was; more speakers can be added to a corpus later.
    """
    if speakers < 1 or words < 1 or processes < 1 or seed < 0:
        raise CorpusError("speakers, words and processes must be at least 1, and the seed at least 0.")
    out = Path(out)
    _claim(out, {"format": _FORMAT, "seed": seed, "words": words})
    missing = [number for number in range(speakers) if not _shard(out, number).is_file()]
    in_processes(_write_speaker, [(out, number, words, seed) for number in missing], processes, "synthesising")
    lines = "".join(_shard(out, number).read_text(encoding="utf-8") for number in range(speakers))
    return _write(out / MANIFEST, lines)


def _claim(out: Path, settings: dict[str, int]) -> None:
    """Remember what `out` is a corpus of, or refuse a folder that is something else."""
    out.mkdir(parents=True, exist_ok=True)
    known = out / _SETTINGS
    if known.is_file():
        if json.loads(known.read_text(encoding="utf-8")) != settings:
            raise CorpusError(f"The folder {out.name!r} holds a corpus of another seed or number of words; choose another folder, or delete it.")
    elif any(out.iterdir()):
        raise CorpusError(f"The folder {out.name!r} is not empty; choose another.")
    (out / _SHARDS).mkdir(exist_ok=True)
    _write(known, json.dumps(settings))


def _shard(out: Path, number: int) -> Path:
    return out / _SHARDS / f"{_name(number)}.jsonl"


def _name(number: int) -> str:
    return f"s{number:04d}"


def _write(path: Path, text: str) -> Path:
    """All of it or nothing."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(path)


def _write_speaker(out: Path, number: int, words: int, seed: int) -> None:
    voice, name = draw_voice(seed, number), _name(number)
    generator = np.random.default_rng((seed, 1, number))
    utterances = [draw_utterance(generator) for _ in range(words)]
    folder = out / "wav" / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index, (utterance, spoken) in enumerate(zip(utterances, speak(voice, utterances, (seed, 2, number)), strict=True)):
        path = folder / f"{index:04d}.wav"
        soundfile.write(path, spoken.wave, SAMPLE_RATE, subtype="PCM_16")
        labels = {"speaker": name} | describe(voice, utterance, spoken)
        lines.append(json.dumps({"path": path.relative_to(out).as_posix()} | labels, ensure_ascii=False))
    _write(_shard(out, number), "\n".join(lines) + "\n")


def describe(voice: Voice, utterance: Utterance, spoken: Spoken) -> dict[str, Any]:
    """Everything known of an utterance, as it is written to the manifest."""
    factors = asdict(voice)
    return {
        "word": utterance.word,
        "kind": utterance.kind,
        "f0": spoken.f0,
        "f0_voice": factors.pop("f0"),
        **factors,
        "rate": utterance.rate,
        "pitch_range": utterance.pitch_range,
        "duration": round(spoken.duration, 5),
        "phones": [{"phone": s.label, "start": s.start, "end": s.end} for s in spoken.segments],
    }
