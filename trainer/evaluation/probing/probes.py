"""Linear probes of every module on the labels of a corpus.

Baselines: log-mel spectrograms, random weights, shuffled labels and the majority class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import BundleConfig
from trainer.config import Config
from trainer.corpus import Recording, Segment, read_recording
from trainer.evaluation.representations import labelled_waveforms, target_loudness, with_baselines
from trainer.evaluation.selection import Clip, Split, SplitMembership, evenly_spaced, min_clip_seconds, select_clips
from trainer.evaluation.text_table import format_interval, grouped_table
from trainer.geometry import encoder_geometry
from trainer.metrics.probing.cross_validation import CrossValidation, ProbeRow, cross_validations, probe_rows
from trainer.metrics.probing.pooling import (
    LOG_MEL_BANDS,
    WHOLE_CLIP,
    Features,
    Span,
    pool_clips,
    with_matched_windows,
)
from trainer.metrics.probing.tasks import ProbeTask, make_task, recording_tasks

PROBES_KEY = "probes"
PHONE = "phone"
RECORDING = "recording"
_DEVELOPMENT_FOLDS = 2
_BATCH_NORM_RECORDINGS = 64


@dataclass(frozen=True)
class ProbeOptions:
    """Settings of the probes.

    `labels`: None probes every class label. `group`: the label whose values are never split between folds; `word`
    falls back to the text; a recording without it is its own group. `clips` and `segments`: maximum numbers of evenly
    spaced recordings and timed phones of the `split`. `bands`: of the log-mel baseline; `seed`: of the random weights.
    """

    folds: int = 5
    test_folds: tuple[int, ...] | None = None
    labels: tuple[str, ...] | None = None
    group: str = "word"
    clips: int = 3000
    segments: int = 3000
    bands: int = LOG_MEL_BANDS
    seed: int = 0
    split: Split = "all"

    def reported_folds(self) -> tuple[int, ...]:
        """The requested test folds; by default all but the first two, which are for choosing settings.

        Raises ValueError.
        """
        if self.folds < 2:
            raise ValueError(f"--folds is {self.folds}; at least 2 are needed to hold one out")
        wanted = self.test_folds
        if wanted is None:
            wanted = tuple(range(_DEVELOPMENT_FOLDS if self.folds > _DEVELOPMENT_FOLDS else 0, self.folds))
        if not wanted or not set(wanted) <= set(range(self.folds)):
            raise ValueError(f"--test-folds must be from 0 to {self.folds - 1}, since --folds is {self.folds}")
        return tuple(sorted(set(wanted)))


@dataclass(frozen=True)
class _Item:
    """A recording, its group, and whether it may have been in the encoder's training data."""

    recording: Recording
    group: str
    in_training: bool


@dataclass(frozen=True)
class ProbeData:
    """The cross-validations, the pooled features [rows, 2 D] by representation, and notes on the data.

    Row i of the features is the span `places[i]`: (index in `recordings`, start and end).
    """

    validations: list[CrossValidation]
    features: dict[str, Features]
    notes: list[str]
    recordings: list[Recording]
    places: list[tuple[int, Span]]


def probe_bundle(path: Path, folders: Sequence[Path], options: ProbeOptions) -> tuple[list[ProbeRow], list[str]]:
    """The rows of every label, and notes on the data. Raises ValueError if nothing can be probed."""
    data = prepare_probes(path, folders, options)
    bar = tqdm(data.validations, desc="probe", unit="label", leave=False)
    rows = [row for validation in bar for row in probe_rows(data.features, validation)]
    return rows, data.notes


def prepare_probes(path: Path, folders: Sequence[Path], options: ProbeOptions, *, windows: bool = False) -> ProbeData:
    """Encode the recordings and build the probe tasks.

    `windows` adds features of one matched window for all modules (`pooling.with_matched_windows`). Raises ValueError
    if nothing can be probed.
    """
    test_folds = options.reported_folds()
    header = bundle.read_config(path)
    config = header.config
    items = _items(folders, header, options)
    tasks, spans = _tasks(items, options)
    if not tasks:
        raise ValueError("none of these recordings' labels can be probed; --labels NAME gives the reason for a label")
    validations = cross_validations(tasks, options.folds, test_folds, every=options.labels is not None)
    features = _features(path, config, items, spans, options, windows)
    places = [(index, span) for index, each in enumerate(spans) for span in each]
    return ProbeData(validations, features, _notes(config, items, options), [item.recording for item in items], places)


def _items(folders: Sequence[Path], header: BundleConfig, options: ProbeOptions) -> list[_Item]:
    clips = select_clips(folders, header, options.split, options.clips, min_seconds=min_clip_seconds(header.config))
    notes = header.provenance.corpora
    return [
        _Item(
            clip.recording,
            _group(clip, options.group),
            clip.split_membership(notes) is SplitMembership.IN_TRAINING,
        )
        for clip in clips
    ]


def _group(clip: Clip, group: str) -> str:
    labels = clip.recording.labels
    value = labels.get(group, labels.get("text") if group == "word" else None)
    return f"{RECORDING} {clip.name}" if value is None or group == RECORDING else str(value)


def _tasks(items: Sequence[_Item], options: ProbeOptions) -> tuple[list[ProbeTask], list[list[Span]]]:
    """The tasks on whole recordings and on phones, and the spans of each recording in them.

    The rows of a task count the spans of all recordings in order.
    """
    phones = _phones(items, options)
    spans: list[list[Span]] = [[WHOLE_CLIP] for _ in items]
    for index, segment in phones:
        spans[index].append((segment.start, segment.end))
    whole_rows = np.cumsum([0, *map(len, spans)])[:-1]
    phone_rows = np.delete(np.arange(sum(map(len, spans))), whole_rows)
    of_recordings = recording_tasks(
        [item.recording.labels for item in items],
        [item.group for item in items],
        None if options.labels is None else [label for label in options.labels if label != PHONE],
    )
    tasks = [
        replace(task, rows=whole_rows[task.rows])
        for task in of_recordings
        if task.label not in (options.group, "split")
    ]
    of_phones = make_task(PHONE, [segment.label for _, segment in phones], [items[index].group for index, _ in phones])
    if of_phones is not None:
        tasks.append(replace(of_phones, rows=phone_rows[of_phones.rows]))
    elif options.labels is not None and PHONE in options.labels:
        raise ValueError(f"the label {PHONE!r} cannot be probed: too few timed phones are frequent enough")
    return tasks, spans


def _phones(items: Sequence[_Item], options: ProbeOptions) -> list[tuple[int, Segment]]:
    """Timed phones without silence, each with the index of its recording."""
    if options.labels is not None and PHONE not in options.labels:
        return []
    found = [(index, phone) for index, item in enumerate(items) for phone in item.recording.phones]
    return [found[index] for index in evenly_spaced(len(found), options.segments)]


def _features(
    path: Path,
    config: Config,
    items: Sequence[_Item],
    spans: Sequence[Sequence[Span]],
    options: ProbeOptions,
    windows: bool,
) -> dict[str, Features]:
    recordings = [item.recording for item in items]
    chosen = [recordings[index] for index in evenly_spaced(len(recordings), _BATCH_NORM_RECORDINGS)]
    waves = [read_recording(recording, config.sample_rate) for recording in chosen]
    sources = with_baselines(bundle.load_encoder(path, config), waves, options.bands, options.seed)
    if windows:
        deepest = encoder_geometry(config.encoder, config.sample_rate)[-1]
        sources = [with_matched_windows(source, deepest) for source in sources]
    return pool_clips(sources, labelled_waveforms(recordings, spans, config))


def _notes(config: Config, items: Sequence[_Item], options: ProbeOptions) -> list[str]:
    in_training = sum(item.in_training for item in items)
    return [
        f"{len(items)} recordings, normalised to {target_loudness(config):g} dBFS for every row; "
        f"{in_training or 'none'} of them possibly in the encoder's training data.",
        f"Split by {options.group}: {len({item.group for item in items})} groups, fold = int(sha256(name), 16) % "
        f"{options.folds}. Test folds: {', '.join(map(str, options.reported_folds()))}; the probe of a fold is trained "
        "on all other folds.",
        "Logistic regression (C = 1) on standardised means, or means and standard deviations, over time. Intervals: "
        f"95 %, {options.group}s resampled; differences are paired. Log-mel: {options.bands} bands, 25 ms windows "
        f"every 10 ms. Untrained: random weights, seed {options.seed}.",
    ]


def table(rows: Sequence[ProbeRow]) -> list[str]:
    """Lines for the terminal: one block per label; accuracies and differences in percent."""
    return grouped_table(
        rows,
        key=lambda row: row.label,
        title=lambda block: f"{block[0].label}: {block[0].classes} classes, n = {block[0].n}, {block[0].groups} groups",
        head=("representation", "pooling", "accuracy, %", "minus log-mel", "minus untrained", "weight spread"),
        cells=lambda row: (
            row.representation,
            row.pooling,
            format_interval((row.accuracy, row.low, row.high), digits=1, scale=100),
            format_interval(row.difference_to_log_mel, digits=1, sign="+", scale=100),
            format_interval(row.difference_to_untrained, digits=1, sign="+", scale=100),
            "" if row.weight_spread is None else f"{row.weight_spread:.3f}",
        ),
    )
