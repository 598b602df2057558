"""Probe a bundle on the labels of a corpus, beside log-mel, fresh weights, shuffled labels and the majority."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import BundleConfig
from trainer.config import Config
from trainer.corpus import SILENCE, Recording, Segment, read_recording
from trainer.evaluation.selection import Side, Standing, choose, shortest_seconds, spread
from trainer.geometry import stack
from trainer.metrics.probing.linear_probe import ProbeRow, Trial, probe, splittable
from trainer.metrics.probing.pooling import (
    LOG_MEL_BANDS,
    UNTRAINED,
    WHOLE,
    Features,
    Span,
    Waveform,
    level,
    log_mel_source,
    loudness,
    model_source,
    pool_clips,
    untrained,
    with_windows,
)
from trainer.metrics.probing.tasks import Question, ask, questions

PROBES_KEY = "probes"
PHONE = "phone"
RECORDING = "recording"
_DEVELOPMENT_FOLDS = 2
_SETTLING_RECORDINGS = 64


@dataclass(frozen=True)
class ProbeOptions:
    """What is probed and how. `labels` None: all that can be. `group`: the label whose values stay on one side of the
    split, `word` taking the text where there is no word; what lacks it is a group by itself. At most `clips` recordings
    and `segments` phones are taken, spread evenly, of the `side` of the split that the bundle was trained with.
    """

    folds: int = 5
    test_folds: tuple[int, ...] | None = None
    labels: tuple[str, ...] | None = None
    group: str = "word"
    clips: int = 3000
    segments: int = 3000
    bands: int = LOG_MEL_BANDS
    seed: int = 0
    side: Side = "all"

    def tested(self) -> tuple[int, ...]:
        """The folds reported: those asked for, else all but the first two, which are for choosing. Raises
        ValueError.
        """
        if self.folds < 2:
            raise ValueError(f"--folds is {self.folds}; at least 2 are needed to hold one out")
        asked = self.test_folds
        if asked is None:
            asked = tuple(range(_DEVELOPMENT_FOLDS if self.folds > _DEVELOPMENT_FOLDS else 0, self.folds))
        if not asked or not set(asked) <= set(range(self.folds)):
            raise ValueError(f"--test-folds must be among 0 to {self.folds - 1}, since --folds is {self.folds}")
        return tuple(sorted(set(asked)))


@dataclass(frozen=True)
class _Item:
    """A recording to be probed, its group, and whether the encoder may have heard it."""

    recording: Recording
    group: str
    heard: bool


def probe_bundle(path: Path, folders: Sequence[Path], options: ProbeOptions) -> tuple[list[ProbeRow], list[str]]:
    """Rows for every label, and what must be said beside them. Raises ValueError where nothing can be probed."""
    probed = gather_probed(path, folders, options)
    bar = tqdm(probed.trials, desc="probe", unit="label", leave=False)
    rows = [row for trial in bar for row in probe(probed.features, trial)]
    return rows, probed.notes


@dataclass(frozen=True)
class Probed:
    """What a probe is given: the trials, the pooled features [rows, 2 dims] of each representation, and lines on where
    they are from. Each row is of a span of one of the `recordings`, as `places` have it.
    """

    trials: list[Trial]
    features: dict[str, Features]
    notes: list[str]
    recordings: list[Recording]
    places: list[tuple[int, Span]]


def gather_probed(path: Path, folders: Sequence[Path], options: ProbeOptions, *, windows: bool = False) -> Probed:
    """Encode what `options` ask for of `folders`; with `windows` also as `pooling.with_windows` has it. Raises
    ValueError where nothing can be probed.
    """
    tested = options.tested()
    header = bundle.read_config(path)
    config = header.config
    items = _items(folders, header, options)
    asked, spans = _questions(items, options)
    if not asked:
        raise ValueError("none of these recordings' labels can be probed; --labels says what is missing of one")
    trials = splittable(asked, options.folds, tested, every=options.labels is not None)
    features = _features(path, config, items, spans, options, windows)
    places = [(index, span) for index, each in enumerate(spans) for span in each]
    return Probed(trials, features, _notes(config, items, options), [item.recording for item in items], places)


def _items(folders: Sequence[Path], header: BundleConfig, options: ProbeOptions) -> list[_Item]:
    """Recordings long enough, spread evenly."""
    chosen = choose(folders, header, options.side, options.clips, least_seconds=shortest_seconds(header.config))
    notes = header.provenance.corpora
    return [
        _Item(one.recording, _group(one.recording, options.group, one.name), one.standing(notes) is Standing.HEARD)
        for one in chosen
    ]


def _group(recording: Recording, group: str, name: str) -> str:
    value = recording.labels.get(group, recording.labels.get("text") if group == "word" else None)
    return f"{RECORDING} {name}" if value is None or group == RECORDING else str(value)


def _questions(items: Sequence[_Item], options: ProbeOptions) -> tuple[list[Question], list[list[Span]]]:
    """What is asked, of whole recordings and of phones, and the spans of each recording that it is asked about; the
    rows of a question count the spans of all recordings in order.
    """
    phones = _phones(items, options)
    spans: list[list[Span]] = [[WHOLE] for _ in items]
    for index, segment in phones:
        spans[index].append((segment.start, segment.end))
    wholes = np.cumsum([0, *map(len, spans)])[:-1]
    others = np.delete(np.arange(sum(map(len, spans))), wholes)
    of_recordings = questions(
        [item.recording.labels for item in items],
        [item.group for item in items],
        None if options.labels is None else [label for label in options.labels if label != PHONE],
    )
    asked = [
        replace(question, rows=wholes[question.rows])
        for question in of_recordings
        if question.label not in (options.group, "split")
    ]
    of_phones = ask(PHONE, [segment.label for _, segment in phones], [items[index].group for index, _ in phones])
    if of_phones is not None:
        asked.append(replace(of_phones, rows=others[of_phones.rows]))
    elif options.labels is not None and PHONE in options.labels:
        raise ValueError(f"the label {PHONE!r} cannot be probed: too few of the timed phones come often enough")
    return asked, spans


def _phones(items: Sequence[_Item], options: ProbeOptions) -> list[tuple[int, Segment]]:
    """Timed phones, silence left out, each with the number of its recording."""
    if options.labels is not None and PHONE not in options.labels:
        return []
    found = [(index, segment) for index, item in enumerate(items) for segment in item.recording.segments]
    found = [(index, segment) for index, segment in found if segment.label != SILENCE]
    return [found[index] for index in spread(len(found), options.segments)]


def _features(
    path: Path,
    config: Config,
    items: Sequence[_Item],
    spans: Sequence[Sequence[Span]],
    options: ProbeOptions,
    windows: bool,
) -> dict[str, Features]:
    rate = config.sample_rate
    settling = [read_recording(items[index].recording, rate) for index in spread(len(items), _SETTLING_RECORDINGS)]
    own = [log_mel_source(rate, options.bands), model_source(bundle.load_encoder(path, config))]
    if windows:
        deepest = stack(config.encoder, rate)[-1]
        own = [with_windows(source, deepest) for source in own]
    sources = [*own, model_source(untrained(config, settling, options.seed), f"{UNTRAINED} ")]

    def clips() -> Iterator[tuple[Waveform, Sequence[Span]]]:
        for item, wanted in zip(tqdm(items, desc="encode", unit="clip", leave=False), spans, strict=True):
            yield level(read_recording(item.recording, rate), loudness(config)), wanted

    return pool_clips(sources, clips())


def _notes(config: Config, items: Sequence[_Item], options: ProbeOptions) -> list[str]:
    heard = sum(item.heard for item in items)
    learnt = f"may have heard {heard} of them in training" if heard else "names none of them as heard in training"
    return [
        f"{len(items)} recordings, each brought to {loudness(config):g} dBFS, for every row alike; "
        f"the encoder {learnt}.",
        f"Split by {options.group}: {len({item.group for item in items})} groups, fold = int(sha256(name), 16) % "
        f"{options.folds}; tested on {', '.join(map(str, options.tested()))}, each by a probe that learnt from all "
        "other folds.",
        "Logistic regression (C = 1) on standardised means, or means and standard deviations, over time. Intervals: "
        f"95 %, {options.group}s resampled; differences are paired. Log-mel: {options.bands} bands, 25 ms windows "
        f"every 10 ms. Untrained: fresh weights, seed {options.seed}.",
    ]


def rows_to_json(rows: Sequence[ProbeRow], data: str, config: Config) -> list[dict[str, object]]:
    """Rows as they stand in report.json, with the name of the recordings and their loudness."""
    return [{"data": data, "loudness_dbfs": loudness(config), **asdict(row)} for row in rows]


def table(rows: Sequence[ProbeRow]) -> list[str]:
    """Lines for a terminal: a block for each label, accuracies and differences in per cent."""
    lines = []
    for label in dict.fromkeys(row.label for row in rows):
        block = [row for row in rows if row.label == label]
        lines.append(f"{label}: {block[0].classes} classes, n = {block[0].n} of {block[0].groups} groups")
        lines.append(_line("representation", "pooling", "accuracy, %", "over log-mel", "over untrained", "spread of w"))
        for row in block:
            lines.append(
                _line(
                    row.representation,
                    row.pooling,
                    _percent((row.accuracy, row.low, row.high)),
                    _percent(row.difference_to_log_mel, "+"),
                    _percent(row.difference_to_untrained, "+"),
                    "" if row.weight_spread is None else f"{row.weight_spread:.3f}",
                )
            )
        lines.append("")
    return lines[:-1]


def _line(*cells: str) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, (28, 11, 20, 21, 21, 11), strict=True)).rstrip()


def _percent(interval: tuple[float, float, float] | None, sign: str = "") -> str:
    if interval is None:
        return ""
    middle, low, high = (format(100 * value, f"{sign}.1f") for value in interval)
    return f"{middle} [{low}, {high}]"
