"""Utterances as labelled sound: what espeak-ng said, which phone is when, and the pitch it came out at."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus.espeak import SAMPLE_RATE, Onset, Speaker, Voice, check_installed
from trainer.corpus.labels import SILENCE, CorpusError, Segment
from trainer.audio.pitch import median_f0
from trainer.corpus.utterances import Utterance, is_sonorant, plain_phone

_STOPS = frozenset(("p", "t", "k", "tS", "b", "d", "g", "dZ"))
_CLOSURE_SECONDS = 0.03  # of a pause, or of the clip's beginning, that a stop may claim as its closure
_QUIET = 24  # below this the synthesiser is between sounds (of 32768)
_FLOOR = 4.0  # standard deviation of the noise floor, of 32768: -78 dB, since no microphone gives digital silence
_MARGIN_SECONDS = (0.03, 0.12)  # of silence before and after

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Spoken:
    """One utterance as sound: `wave` int16 [samples] at 22 050 Hz, and `segments` that cover all of it.

    f0: Hz, the median over vowels and sonorants, measured; None where no stretch is long enough to tell.
    """

    utterance: Utterance
    voice: Voice
    wave: NDArray[np.int16]
    segments: tuple[Segment, ...]
    f0: float | None

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.wave) / SAMPLE_RATE

    def description(self) -> dict[str, Any]:
        """Everything known of it, as a manifest has it."""
        factors = asdict(self.voice)
        return {
            "word": self.utterance.word,
            "kind": self.utterance.kind,
            "f0": self.f0,
            "f0_voice": factors.pop("f0"),
            **factors,
            "rate": self.utterance.rate,
            "pitch_range": self.utterance.pitch_range,
            "duration": round(self.duration, 5),
            "phones": [{"phone": s.label, "start": s.start, "end": s.end} for s in self.segments],
        }


def speak(voice: Voice, utterances: Sequence[Utterance], seed: Sequence[int]) -> list[Spoken]:
    """All utterances, in order, in one voice; `seed` is for the margins and the noise floor.

    Call it in a fresh process (`in_fresh_processes`): espeak-ng cannot be reset, and only then is the sound the same
    every time.
    """
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
    f0 = median_f0(sound, SAMPLE_RATE, _sonorant_spans(segments), expected_hz=voice.f0)
    noisy = np.round(sound + generator.normal(0.0, _FLOOR, len(sound)))
    wave = np.clip(noisy, -32768, 32767).astype(np.int16)
    return Spoken(utterance, voice, wave, segments, None if f0 is None else round(f0, 1))


def _sonorant_spans(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    runs = itertools.groupby(segments, key=lambda segment: is_sonorant(segment.label))
    return [(run[0].start, run[-1].end) for run in (list(group) for sonorant, group in runs if sonorant)]


def timed(sound: NDArray[np.int16], onsets: Sequence[Onset]) -> tuple[Segment, ...]:
    """Segments that cover `sound` [samples] without a gap, from the onsets of its phones.

    espeak-ng marks a stop that begins in silence by its burst: the silence before belongs to the stop, all of it
    after a phone, and at most a closure's length of it after a pause. Pauses, and what lies before the first phone
    and after the last, have the label "".
    """
    marks = [(0, SILENCE)]
    for onset in onsets:
        last_begin, last_phone = marks[-1]
        begin, phone = onset.sample, plain_phone(onset.phone)
        if phone == SILENCE == last_phone:
            continue
        if phone in _STOPS:
            quiet = _end_of_sound(sound, last_begin, begin)
            begin = quiet if last_phone else max(quiet, begin - round(_CLOSURE_SECONDS * SAMPLE_RATE))
        marks.append((begin, phone))
    ends = [begin for begin, _ in marks[1:]] + [len(sound)]
    return tuple(
        Segment(round(begin / SAMPLE_RATE, 5), round(end / SAMPLE_RATE, 5), phone)
        for (begin, phone), end in zip(marks, ends, strict=True)
        if end > begin
    )


def _end_of_sound(sound: NDArray[np.int16], begin: int, end: int) -> int:
    """Where, between two samples, the sound falls silent for good."""
    loud = np.flatnonzero(np.abs(sound[begin:end].astype(np.int32)) > _QUIET)
    return begin + (int(loud[-1]) + 1 if len(loud) else 0)


def in_fresh_processes(
    work: Callable[..., _Result], jobs: Sequence[tuple[Any, ...]], processes: int, title: str
) -> list[_Result]:
    """`work(*job)` for every job, each in a process of its own, `processes` at a time; results in the jobs' order."""
    check_installed()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = [pool.submit(work, *job) for job in jobs]
        try:
            for future in tqdm(as_completed(futures), total=len(futures), desc=title, unit="voice", disable=None):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [future.result() for future in futures]
