"""Quality of decoded clips: every module of a bundle, bundles to compare it with, and two Griffin-Lim baselines."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from trainer.audio import SILENT_DBFS, is_silent, loudness_gain
from trainer.corpus import read_recording
from trainer.evaluation.report_rows import score_fields
from trainer.evaluation.representations import target_loudness
from trainer.evaluation.selection import (
    Clip,
    EvaluatedModel,
    Split,
    load_models,
    min_clip_seconds,
    select_clips,
    speaker_groups,
)
from trainer.evaluation.text_table import Interval, format_interval, grouped_table
from trainer.metrics.probing.pooling import Features, log_mel_source
from trainer.metrics.probing.tasks import make_task
from trainer.metrics.speech import word_error
from trainer.metrics.speech.baselines import griffin_lim, mean_spectrum
from trainer.metrics.speech.phone_retention import FOLDS, phone_features, recognised_phones
from trainer.metrics.speech.suite import SPEECH_METRICS, AudioFeatures, FeatureExtractor, Waveform
from trainer.metrics.statistics.clip_scores import ClipScores
from trainer.runtime.distribution import install_command

DECODERS_KEY = "decoders"
ACCURACY, RETENTION, WORD_ERROR = "phone_accuracy", "phone_retention", "word_error"
TITLES = {metric.name: metric.title for metric in SPEECH_METRICS} | {
    WORD_ERROR: "word error of Whisper tiny.en, errors over words (lower is better)",
    ACCURACY: "phone accuracy of the probe (higher is better)",
    RETENTION: "phone retention, accuracy over accuracy on the originals (higher is better)",
}
_INSTALL = f"{install_command('measures')} (pesq needs a C compiler)"
TEXT = "text"
"""Label of a recording's transcript."""


@dataclass(frozen=True)
class Sound:
    """A version of a clip: decoded by a `module` of the bundle labelled `bundle`, or a baseline."""

    name: str
    bundle: str = ""
    module: int | None = None


_ORIGINAL = Sound("original")
_GRIFFIN_LIM = Sound("Griffin-Lim of the true log-mel")
_MEAN_SPECTRUM = Sound("Griffin-Lim of the mean spectrum")


@dataclass(frozen=True)
class DecoderRow:
    """One metric of one sound: its mean over `n` clips with its 95 % interval, and its median over clips.

    `median`: None for ratios of counts. `left_out`: clips for which the metric is undefined. `own_minus_it`: for a
    compared bundle, how much higher the first bundle is at this module, paired by clip.
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
    median: float | None = None
    own_minus_it: Interval | None = None


@dataclass
class _Measurements:
    """Per sound and clip: the metrics, the features of the phones, and (word errors, words), NaN without a text."""

    values: dict[Sound, dict[str, list[float | None]]] = field(default_factory=dict)
    phones: dict[Sound, list[Features]] = field(default_factory=dict)
    words: dict[Sound, list[tuple[float, int]]] = field(default_factory=dict)


_Scores = dict[tuple[str, Sound], ClipScores]


def compare_decoders(
    path: Path,
    folders: Sequence[Path],
    compared: Sequence[Path],
    split: Split,
    max_clips: int,
    *,
    words: bool = False,
) -> tuple[list[DecoderRow], list[str]]:
    """One row per metric and sound, and notes on the data; with `words` also the word error of English recordings.

    Raises ValueError if nothing can be measured.
    """
    if words:
        _check_recogniser()
    models = load_models(path, compared)
    longest = max(min_clip_seconds(one.model.config) for one in models)
    found = select_clips(folders, models[0].header, split, max_clips, min_seconds=longest)
    # Corpora of prompts contain silent clips, on which speech metrics are undefined
    rate = models[0].model.config.sample_rate
    clips = [clip for clip in found if not is_silent(read_recording(clip.recording, rate))]
    if not clips:
        raise ValueError(f"every recording is silent: none is louder than {SILENT_DBFS:g} dB re full scale anywhere")
    measurements = _measure(models, clips, words)
    speakers = speaker_groups(clips)
    scores: _Scores = {
        (metric, sound): ClipScores.from_values(values, speakers)
        for sound, by_metric in measurements.values.items()
        for metric, values in by_metric.items()
    }
    for sound, counts in measurements.words.items():
        errors, spoken = np.array(counts, dtype=np.float64).T
        scores[WORD_ERROR, sound] = ClipScores(errors, spoken, speakers)
    phone_scores, phone_note = _phone_scores(clips, measurements.phones)
    notes = [*_notes(models, clips, len(found) - len(clips)), phone_note]
    phone_scores = {key: replace(score, groups=speakers) for key, score in phone_scores.items()}
    return _rows(scores | phone_scores, models[0].label), notes


def _check_recogniser() -> None:
    """Raises ValueError that names the packages the recogniser needs."""
    missing = [package for package in word_error.PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise ValueError(f"--words needs {', '.join(missing)}: {install_command('recognition')}")


def _measure(models: Sequence[EvaluatedModel], clips: Sequence[Clip], words: bool) -> _Measurements:
    """Every metric of every sound, clip by clip."""
    config = models[0].model.config
    extract, log_mel = FeatureExtractor(config.sample_rate), log_mel_source(config.sample_rate)
    metrics = [metric for metric in SPEECH_METRICS if metric.installed]
    found = _Measurements()
    for clip in tqdm(clips, desc="decode and compare", unit="clip", leave=False):
        wave = read_recording(clip.recording, config.sample_rate)
        gain = loudness_gain(wave, target_loudness(config))
        original = extract(wave * np.float32(gain))
        spans = [(phone.start, phone.end) for phone in clip.recording.phones]
        text = str(clip.recording.labels.get(TEXT, "")) if words else ""
        for sound, features in [(_ORIGINAL, original), *_sounds(models, wave, gain, original, extract)]:
            if spans:
                found.phones.setdefault(sound, []).append(phone_features(log_mel, features.wave, spans))
            if words:
                found.words.setdefault(sound, []).append(_word_errors(text, features))
            values = found.values.setdefault(sound, {})
            for metric in metrics:
                if metric.reference_free or sound != _ORIGINAL:
                    values.setdefault(metric.name, []).append(metric.compute(original, features))
    return found


def _word_errors(text: str, decoded: AudioFeatures) -> tuple[float, int]:
    """Word errors and number of words of `text`; (NaN, 0) if it has no words."""
    if not word_error.normalise_text(text):
        return np.nan, 0
    return word_error.word_errors(text, word_error.recognise(decoded.wave, decoded.sample_rate))


def _sounds(
    models: Sequence[EvaluatedModel], wave: Waveform, gain: float, original: AudioFeatures, extract: FeatureExtractor
) -> Iterator[tuple[Sound, AudioFeatures]]:
    """`wave` [samples] decoded by each module of each model, and the baselines, all at the original's `gain`."""
    for number, one in enumerate(models):
        posteriors = one.model.encode(wave)
        for module in one.modules:
            decoded = one.model.decode(module, posteriors[module - 1].mean, len(wave)).numpy()
            name = f"module {module}" + (f" of {one.label}" if number else "")
            yield Sound(name, one.label, module), extract(decoded * np.float32(gain / one.model.gain(wave)))
    yield _GRIFFIN_LIM, griffin_lim(original, extract)
    yield _MEAN_SPECTRUM, mean_spectrum(original, extract)


def _phone_scores(clips: Sequence[Clip], phones: Mapping[Sound, list[Features]]) -> tuple[_Scores, str]:
    """Phone accuracy and retention of every sound, and a note on the probe or the reason why there is none."""
    segments = [(index, phone.label) for index, clip in enumerate(clips) for phone in clip.recording.phones]
    if not segments:
        return {}, "Phone retention is not measured: none of these recordings has timed phones."
    names = [f"{clips[index].corpus}/{clips[index].name}" for index, _ in segments]
    task = make_task("phone", [label for _, label in segments], names)
    if task is None:
        return {}, "Phone retention is not measured: too few timed phones are frequent enough; use more clips."
    features = {sound: np.concatenate(parts)[task.rows] for sound, parts in phones.items()}
    originals = features.pop(_ORIGINAL)
    try:
        recognised = recognised_phones(task, originals, {sound.name: own for sound, own in features.items()})
    except ValueError:
        return {}, f"Phone retention is not measured: too few clips for {FOLDS} folds; use more clips."
    clip_of_phone = np.array([index for index, _ in segments])[task.rows]
    trials = np.bincount(clip_of_phone, minlength=len(clips)).astype(np.float64)
    hits = {
        sound: np.where(trials > 0, np.bincount(clip_of_phone, recognised[name], minlength=len(clips)), np.nan)
        for sound, name in [(_ORIGINAL, ""), *((sound, sound.name) for sound in features)]
    }
    scores = {(ACCURACY, sound): ClipScores(of_sound, trials) for sound, of_sound in hits.items()}
    scores |= {(RETENTION, sound): ClipScores(hits[sound], np.nan_to_num(hits[_ORIGINAL])) for sound in features}
    return scores, (
        f"Phone probe: {len(set(task.classes.tolist()))} classes, {len(clip_of_phone)} timed phones without silence; "
        "logistic regression on the mean log-mel of a phone and of its thirds, trained on the originals of other clips "
        f"({FOLDS} folds)."
    )


def _rows(scores: _Scores, own: str) -> list[DecoderRow]:
    """In the order of TITLES; `own` is the label of the first bundle. A metric undefined for all clips has no row."""
    rows = []
    for (name, sound), score in sorted(scores.items(), key=lambda item: list(TITLES).index(item[0][0])):
        baseline = scores.get((name, Sound(f"module {sound.module}", own, sound.module)))
        fields = score_fields(score, baseline if sound.bundle != own else None)
        if fields is not None:
            rows.append(
                DecoderRow(
                    sound=sound.name,
                    bundle=sound.bundle,
                    module=sound.module,
                    measure=name,
                    left_out=score.missing,
                    median=score.median(),
                    **fields,
                )
            )
    return rows


def _notes(models: Sequence[EvaluatedModel], clips: Sequence[Clip], silent: int) -> list[str]:
    missing = [metric.package for metric in SPEECH_METRICS if not metric.installed]
    return [
        f"{len(clips)} recordings, decoded from posterior means and compared at "
        f"{target_loudness(models[0].model.config):g} dBFS. Intervals: 95 %, "
        f"{'recordings' if speaker_groups(clips) is None else 'speakers'} resampled; differences are paired.",
        *(one.membership_line(clips) for one in models),
        *(
            [f"Silent recordings left out (nowhere above {SILENT_DBFS:g} dB re full scale): {silent}."]
            if silent
            else []
        ),
        *([f"Not measured, {' and '.join(map(str, missing))} missing: {_INSTALL}."] if missing else []),
    ]


def table(rows: Sequence[DecoderRow]) -> list[str]:
    """Lines for the terminal: one block per metric."""
    compared = any(row.own_minus_it is not None for row in rows)
    return grouped_table(
        rows,
        key=lambda row: row.measure,
        title=lambda block: TITLES[block[0].measure],
        head=("", "mean", "median", "n", "undefined", "first bundle minus this" if compared else ""),
        cells=lambda row: (
            row.sound,
            format_interval((row.mean, row.low, row.high)),
            "" if row.median is None else f"{row.median:.3f}",
            str(row.n),
            str(row.left_out),
            format_interval(row.own_minus_it, sign="+"),
        ),
    )
