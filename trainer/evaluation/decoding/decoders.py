"""Hold decoded clips against their originals: every module of a bundle, other bundles beside it, and two anchors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from trainer.audio.files import SILENT_DBFS, is_silent, loudness_gain
from trainer.corpus import SILENCE, Segment, read_recording
from trainer.evaluation.selection import Chosen, Side, Subject, choose, shortest_seconds, subjects
from trainer.evaluation.text_table import Interval, columns, show
from trainer.metrics.probing.pooling import Features, log_mel_source, loudness
from trainer.metrics.probing.tasks import ask
from trainer.metrics.speech.baselines import griffin_lim, still
from trainer.metrics.speech.phone_retention import FOLDS, phone_features, phones_told
from trainer.metrics.speech.suite import MEASURES, Ear, Heard, Waveform
from trainer.metrics.statistics.scores import Score

DECODERS_KEY = "decoders"
ACCURACY, RETENTION = "phone_accuracy", "phone_retention"
TITLES = {measure.name: measure.title for measure in MEASURES} | {
    ACCURACY: "phones told by the probe, share (more is better)",
    RETENTION: "phone retention, told in the decoded over told in the original (more is better)",
}
_INSTALL = "pip install 'sim-explorer[measures]' (pesq is compiled, for which it needs a C compiler)"


@dataclass(frozen=True)
class Sound:
    """What a clip has become: the decoding of a `module` of the bundle `of`, or an anchor."""

    name: str
    of: str = ""
    module: int | None = None


_ORIGINAL = Sound("original")
_GRIFFIN_LIM = Sound("Griffin-Lim of the true log-mel")
_STILL = Sound("Griffin-Lim of the mean spectrum, held still")


@dataclass(frozen=True)
class DecoderRow:
    """One measure of one sound: its mean over `n` clips with the ends of its 95 % interval; `left_out` more do not
    tell. `own_minus_it`, of a bundle beside the first: how much more the first has at this module, paired by clip.
    """

    sound: str
    bundle: str
    module: int | None
    measure: str
    mean: float
    low: float
    high: float
    n: int
    left_out: int
    own_minus_it: Interval | None = None


@dataclass
class _Gathered:
    """What has been found of each sound, clip by clip: the measures, and the features of the phones."""

    values: dict[Sound, dict[str, list[float | None]]] = field(default_factory=dict)
    phones: dict[Sound, list[Features]] = field(default_factory=dict)


_Scores = dict[tuple[str, Sound], Score]


def compare(
    path: Path, folders: Sequence[Path], beside: Sequence[Path], side: Side, clips: int
) -> tuple[list[DecoderRow], list[str]]:
    """Rows for every measure, and what must be said beside them. Raises ValueError where nothing can be measured."""
    measured = subjects(path, beside)
    longest = max(shortest_seconds(subject.model.config) for subject in measured)
    found = choose(folders, measured[0].header, side, clips, least_seconds=longest)
    # What decoded speech keeps of the speech cannot be told of a pause, which corpora of prompts have among them
    chosen = [
        one for one in found if not is_silent(read_recording(one.recording, measured[0].model.config.sample_rate))
    ]
    if not chosen:
        raise ValueError(f"every recording is silent: none is louder than {SILENT_DBFS:g} dB re full scale anywhere")
    gathered = _gather(measured, chosen)
    scores: _Scores = {
        (measure, sound): Score.of_values(values)
        for sound, named in gathered.values.items()
        for measure, values in named.items()
    }
    phones, of_phones = _phone_scores(chosen, gathered.phones)
    silent = len(found) - len(chosen)
    return _rows(scores | phones, measured[0].label), [*_notes(measured, chosen, silent), of_phones]


def _gather(measured: Sequence[Subject], chosen: Sequence[Chosen]) -> _Gathered:
    """Every measure of every clip, one clip at a time."""
    config = measured[0].model.config
    ear, log_mel = Ear(config.sample_rate), log_mel_source(config.sample_rate)
    gathered = _Gathered()
    for one in tqdm(chosen, desc="decode and compare", unit="clip", leave=False):
        wave = read_recording(one.recording, config.sample_rate)
        gain = loudness_gain(wave, loudness(config))
        original = ear(wave * np.float32(gain))
        spans = [(phone.start, phone.end) for phone in _phones(one)]
        for sound, heard in [(_ORIGINAL, original), *_sounds(measured, wave, gain, original, ear)]:
            if spans:
                gathered.phones.setdefault(sound, []).append(phone_features(log_mel, heard.wave, spans))
            if sound != _ORIGINAL:
                values = gathered.values.setdefault(sound, {})
                for measure in (measure for measure in MEASURES if measure.installed):
                    values.setdefault(measure.name, []).append(measure.of(original, heard))
    return gathered


def _sounds(
    measured: Sequence[Subject], wave: Waveform, gain: float, original: Heard, ear: Ear
) -> Iterator[tuple[Sound, Heard]]:
    """The recording `wave` [samples] as each decoder gives it back, and the anchors, at `gain`, the original's."""
    for number, subject in enumerate(measured):
        posteriors = subject.model.encode(wave)
        for module in subject.modules:
            decoded = subject.model.decode(module, posteriors[module - 1].mean, len(wave)).numpy()
            name = f"module {module}" + (f" of {subject.label}" if number else "")
            yield Sound(name, subject.label, module), ear(decoded * np.float32(gain / subject.model.gain(wave)))
    yield _GRIFFIN_LIM, griffin_lim(original, ear)
    yield _STILL, still(original, ear)


def _phones(one: Chosen) -> list[Segment]:
    return [segment for segment in one.recording.segments if segment.label != SILENCE]


def _phone_scores(chosen: Sequence[Chosen], phones: Mapping[Sound, list[Features]]) -> tuple[_Scores, str]:
    """Accuracy and retention of every sound, and a line that says what they are of, or why there are none."""
    segments = [(index, phone.label) for index, one in enumerate(chosen) for phone in _phones(one)]
    if not segments:
        return {}, "Phone retention cannot be measured: none of these recordings has timed phones."
    names = [f"{chosen[index].corpus}/{chosen[index].name}" for index, _ in segments]
    question = ask("phone", [label for _, label in segments], names)
    if question is None:
        return {}, "Phone retention cannot be measured: too few of the timed phones come often enough; take more clips."
    features = {sound: np.concatenate(parts)[question.rows] for sound, parts in phones.items()}
    try:
        told = phones_told(question, features.pop(_ORIGINAL), {sound.name: own for sound, own in features.items()})
    except ValueError:
        return {}, f"Phone retention cannot be measured: too few clips to be split into {FOLDS} folds; take more."
    clips = np.array([index for index, _ in segments])[question.rows]
    trials = np.bincount(clips, minlength=len(chosen)).astype(np.float64)
    hits = {
        sound: np.where(trials > 0, np.bincount(clips, told[name], minlength=len(chosen)), np.nan)
        for sound, name in [(_ORIGINAL, ""), *((sound, sound.name) for sound in features)]
    }
    scores = {(ACCURACY, sound): Score(above, trials) for sound, above in hits.items()}
    scores |= {(RETENTION, sound): Score(hits[sound], np.nan_to_num(hits[_ORIGINAL])) for sound in features}
    return scores, (
        f"Phone probe: {len(set(question.classes.tolist()))} classes, {len(clips)} timed phones without silence; "
        "logistic regression on a phone's mean log-mel and those of its thirds, which learns from the originals of the "
        f"other clips ({FOLDS} folds)."
    )


def _rows(scores: _Scores, own: str) -> list[DecoderRow]:
    """In the order of the measures; a measure that no clip tells of a sound has no row."""
    rows = []
    for (name, sound), score in sorted(scores.items(), key=lambda item: list(TITLES).index(item[0][0])):
        found = score.estimate()
        if found is None:
            continue
        twin = scores.get((name, Sound(f"module {sound.module}", own, sound.module))) if sound.of != own else None
        difference = None if twin is None else twin.minus(score).estimate()
        rows.append(
            DecoderRow(
                sound=sound.name,
                bundle=sound.of,
                module=sound.module,
                measure=name,
                mean=found.mean,
                low=found.low,
                high=found.high,
                n=found.n,
                left_out=score.left_out,
                own_minus_it=None if difference is None else (difference.mean, difference.low, difference.high),
            )
        )
    return rows


def _notes(measured: Sequence[Subject], chosen: Sequence[Chosen], silent: int) -> list[str]:
    missing = [measure.package for measure in MEASURES if not measure.installed]
    return [
        f"{len(chosen)} recordings, decoded whole from posterior means and compared at "
        f"{loudness(measured[0].model.config):g} dBFS. Intervals: 95 %, recordings resampled; differences are paired.",
        *(subject.told_of(chosen) for subject in measured),
        *([f"Left out as silent, nowhere louder than {SILENT_DBFS:g} dB re full scale: {silent}."] if silent else []),
        *([f"Not measured for want of {' and '.join(map(str, missing))}: {_INSTALL}."] if missing else []),
    ]


def rows_to_json(rows: Sequence[DecoderRow], data: str) -> list[dict[str, object]]:
    """Rows as they stand in report.json, with the name of the recordings."""
    return [{"data": data, **asdict(row)} for row in rows]


def table(rows: Sequence[DecoderRow]) -> list[str]:
    """Lines for a terminal: a block for each measure."""
    lines = []
    beside = any(row.own_minus_it is not None for row in rows)
    for measure in dict.fromkeys(row.measure for row in rows):
        block = [("", "mean", "n", "left out", "own minus it" if beside else "")]
        block += [
            (row.sound, show((row.mean, row.low, row.high)), str(row.n), str(row.left_out), show(row.own_minus_it, "+"))
            for row in rows
            if row.measure == measure
        ]
        lines += [TITLES[measure], *columns(block), ""]
    return lines[:-1]
