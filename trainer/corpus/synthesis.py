"""Synthesis of labelled utterances: waveform, timed phones, and measured F0."""

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

from trainer.audio.pitch import median_f0
from trainer.corpus.espeak import SAMPLE_RATE, Onset, Speaker, Voice, check_installed
from trainer.corpus.recording import SILENCE, CorpusError, Segment
from trainer.corpus.utterances import Utterance, is_sonorant, plain_phone

_STOPS = frozenset(("p", "t", "k", "tS", "b", "d", "g", "dZ"))
_CLOSURE_SECONDS = 0.03  # longest closure that a stop takes from a pause or the start of the clip
_QUIET = 24  # amplitude (of 32768) below which the synthesiser is silent
_NOISE_STD = 4.0  # standard deviation of the added noise (of 32768): -78 dB, as no microphone gives digital silence
_MARGIN_SECONDS = (0.03, 0.12)  # range of the silence before and after an utterance

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class SpokenUtterance:
    """A synthesised utterance: `wave` int16 [samples] at 22 050 Hz, and `segments` that cover all of it.

    `f0`: median F0 in Hz over vowels and sonorants, measured; None if they are too short.
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
        """All labels of the utterance, as columns of a manifest."""
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


def speak(voice: Voice, utterances: Sequence[Utterance], seed: Sequence[int]) -> list[SpokenUtterance]:
    """Synthesise `utterances` in order with one voice; `seed` is for the margins and the added noise.

    Call it in a fresh process (`in_fresh_processes`): espeak-ng has state that cannot be reset, so only then is the
    result reproducible. Raises CorpusError.
    """
    generator = np.random.default_rng(seed)
    with Speaker(voice) as speaker:
        return [_speak_one(speaker, voice, utterance, generator) for utterance in utterances]


def _speak_one(speaker: Speaker, voice: Voice, utterance: Utterance, generator: np.random.Generator) -> SpokenUtterance:
    sound, onsets = speaker.say(utterance.text, utterance.rate, utterance.pitch_range, utterance.phonemes)
    if not any(plain_phone(onset.phone) for onset in onsets):
        raise CorpusError(f"espeak-ng returned no phones for {utterance.text!r}; this version lacks a phone.")
    before, after = (round(SAMPLE_RATE * seconds) for seconds in generator.uniform(*_MARGIN_SECONDS, size=2))
    sound = np.pad(sound, (before, after))
    segments = segments_from_onsets(sound, [Onset(onset.sample + before, onset.phone) for onset in onsets])
    f0 = median_f0(sound, SAMPLE_RATE, _sonorant_spans(segments), expected_hz=voice.f0)
    noisy = np.round(sound + generator.normal(0.0, _NOISE_STD, len(sound)))
    wave = np.clip(noisy, -32768, 32767).astype(np.int16)
    return SpokenUtterance(utterance, voice, wave, segments, None if f0 is None else round(f0, 1))


def _sonorant_spans(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    runs = itertools.groupby(segments, key=lambda segment: is_sonorant(segment.label))
    return [(run[0].start, run[-1].end) for run in (list(group) for sonorant, group in runs if sonorant)]


def segments_from_onsets(sound: NDArray[np.int16], onsets: Sequence[Onset]) -> tuple[Segment, ...]:
    """Segments that cover `sound` [samples] without gaps, from the onsets of its phones.

    espeak-ng marks a stop after silence at its burst. The silence before the burst is part of the stop: all of it after
    a phone, at most the length of a closure after a pause. Pauses, and the time before the first phone and after the
    last, are labelled SILENCE.
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
    """The first sample between `begin` and `end` after which the sound stays silent."""
    loud = np.flatnonzero(np.abs(sound[begin:end].astype(np.int32)) > _QUIET)
    return begin + (int(loud[-1]) + 1 if len(loud) else 0)


def in_fresh_processes(
    work: Callable[..., _Result], jobs: Sequence[tuple[Any, ...]], processes: int, title: str
) -> list[_Result]:
    """Results of `work(*job)` in the order of `jobs`, each computed in a fresh process, `processes` at a time."""
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
