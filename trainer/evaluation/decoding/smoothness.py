"""Smoothness of the decoded sound along dimensions and between clips, for a bundle and bundles to compare it with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from trainer.audio.log_mel import LogMel
from trainer.corpus import read_recording
from trainer.evaluation.decoding.gather_statistics import gather_statistics
from trainer.evaluation.report_rows import score_fields
from trainer.evaluation.selection import EvaluatedModel, Split, load_models, min_clip_seconds, select_clips
from trainer.evaluation.text_table import Interval, format_interval, grouped_table
from trainer.metrics.latents.latent_statistics import LatentStatistics
from trainer.metrics.latents.traversal import (
    TRAVERSAL_RANGE,
    disjoint_pairs,
    interpolation,
    traversal,
    traversal_shapes,
)
from trainer.metrics.speech.path_smoothness import PathShape, smoothness
from trainer.metrics.statistics.clip_scores import ClipScores

SMOOTHNESS_KEY = "smoothness"
STORED_NAMES = {"path": "walk"}
"""Fields of SmoothnessRow with another key in report.json."""
PRIOR = f"{-TRAVERSAL_RANGE:g} to {TRAVERSAL_RANGE:g}"
CORPUS = f"mean -{TRAVERSAL_RANGE:g} to +{TRAVERSAL_RANGE:g} sd"
BETWEEN = "clip to clip"
DECODED, CROSSFADE = "decoded", "crossfade"
TITLES = {
    "length_over_distance": "path length over end-to-end distance (1: straight)",
    "largest_step": "largest step over mean step (1: equal steps)",
    "same_way": "share of movement in the overall direction, per band and frame (1: monotonic)",
}


@dataclass(frozen=True)
class SmoothnessOptions:
    """Settings of the paths.

    `module`: None for every module that has a decoder. `dims`: number of dimensions with the highest KL, or the highest
    standard deviation if the encoder is deterministic. `steps`: per path.
    """

    split: Split = "validation"
    clips: int = 40
    module: int | None = None
    dims: int = 5
    steps: int = 25

    def check(self) -> None:
        """Raises ValueError that names the option."""
        for name, least in (("clips", 2), ("dims", 1), ("steps", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"--{name} is {getattr(self, name)}; at least {least} are needed")


@dataclass(frozen=True)
class SmoothnessRow:
    """One metric of one kind of path: its mean over `n` clips (or pairs of clips) with its 95 % interval.

    `path`: the kind of path; `sound`: decoded along it, or the crossfade of its ends; `paths`: the number of paths;
    `own_minus_it`: how much higher the first bundle's decoded sound is on the same paths, paired.
    """

    bundle: str
    module: int
    path: str
    sound: str
    measure: str
    mean: float
    low: float
    high: float
    n: int
    paths: int
    own_minus_it: Interval | None = None


@dataclass(frozen=True)
class _PathSet:
    """The paths of one kind at a module of a bundle."""

    bundle: str
    module: int
    path: str


_Shapes = list[list[tuple[PathShape | None, PathShape | None]]]
"""The shapes (decoded, crossfade) of the paths of each clip or pair of clips."""


def measure_smoothness(
    path: Path, folders: Sequence[Path], compared: Sequence[Path], options: SmoothnessOptions
) -> tuple[list[SmoothnessRow], list[str]]:
    """One row per metric, sound, kind of path, module and bundle, and notes on the data.

    Raises ValueError if nothing can be measured.
    """
    options.check()
    models = load_models(path, compared)
    longest = max(min_clip_seconds(one.model.config) for one in models)
    clips = select_clips(folders, models[0].header, options.split, options.clips, min_seconds=longest)
    modules = [_modules(one, options.module) for one in models]
    found: dict[_PathSet, _Shapes] = {}
    for one, decoded in zip(models, modules, strict=True):
        rate = one.model.config.sample_rate
        bar = tqdm(clips, desc=f"encode with {one.label}", unit="clip", leave=False)
        by_module = gather_statistics(one.model, decoded, (read_recording(clip.recording, rate) for clip in bar))
        for module, statistics in by_module.items():
            for kind, shapes in _shapes(one, module, statistics, options):
                found[_PathSet(one.label, module, kind)] = shapes
    notes = [
        f"{len(clips)} clips, about one second from the middle of each; {options.steps} equal steps per path; log-mel "
        "in dB. Intervals: 95 %, clips (or pairs of clips) resampled, so over few speakers they are too narrow for "
        "speakers in general; differences are paired.",
        f"Dimensions: the {options.dims} with the highest KL, or the highest standard deviation (sd) if the encoder is "
        "deterministic; mean and sd over all frames of these clips. Crossfade: a mix of the decoded sounds at the two "
        "ends of the path.",
        *(one.membership_line(clips) for one in models),
    ]
    return _rows(found, models[0].label), notes


def _modules(one: EvaluatedModel, module: int | None) -> list[int]:
    if module is None:
        return one.modules
    if module not in one.modules:
        raise ValueError(f"--module {module}: {one.label} has decoders for {one.modules} only")
    return [module]


def _shapes(
    one: EvaluatedModel, module: int, statistics: LatentStatistics, options: SmoothnessOptions
) -> Iterator[tuple[str, _Shapes]]:
    """The shapes of each kind of path. The path from -3 to 3 needs a prior, whose standard deviation is the unit."""
    model, log_mel = one.model, LogMel(one.model.config.sample_rate)

    def decode(latents: Tensor) -> Tensor:
        return model.decode(module, latents)

    dims = statistics.top(options.dims)
    mean, sd = statistics.mean.tolist(), statistics.sd.tolist()
    ranges = {CORPUS: [(mean[dim] - TRAVERSAL_RANGE * sd[dim], mean[dim] + TRAVERSAL_RANGE * sd[dim]) for dim in dims]}
    if statistics.kl is not None:
        ranges = {PRIOR: [(-TRAVERSAL_RANGE, TRAVERSAL_RANGE)] * len(dims)} | ranges
    for kind, ends in ranges.items():
        bar = tqdm(statistics.segments, desc=f"{one.label}, layer {module}, {kind}", unit="clip", leave=False)
        shapes = [
            [
                traversal_shapes(traversal(latents, dim, low, high, options.steps), decode, log_mel)
                for dim, (low, high) in zip(dims, ends, strict=True)
            ]
            for latents in bar
        ]
        yield kind, shapes
    segments = statistics.segments
    bar = tqdm(disjoint_pairs(len(segments)), desc=f"{one.label}, layer {module}, {BETWEEN}", unit="pair", leave=False)
    paths = (interpolation(segments[first], segments[second], options.steps) for first, second in bar)
    yield BETWEEN, [[traversal_shapes(path, decode, log_mel)] for path in paths]


def _rows(found: dict[_PathSet, _Shapes], own: str) -> list[SmoothnessRow]:
    """In the order of `found`; `own` is the label of the first bundle. A metric undefined for all paths has no row."""
    rows = []
    for paths, shapes in found.items():
        baseline = found.get(replace(paths, bundle=own))
        for sound in (DECODED, CROSSFADE):
            for measure in TITLES:
                is_own = paths.bundle == own and sound == DECODED
                own_score = None if baseline is None or is_own else _score(baseline, DECODED, measure)
                fields = score_fields(_score(shapes, sound, measure), own_score)
                if fields is not None:
                    count = sum(map(len, shapes))
                    rows.append(SmoothnessRow(**asdict(paths), sound=sound, measure=measure, paths=count, **fields))
    return rows


def _score(shapes: _Shapes, sound: str, measure: str) -> ClipScores:
    """The metric of each clip, or pair of clips, over its paths together."""
    index = (DECODED, CROSSFADE).index(sound)
    return ClipScores.from_values([getattr(smoothness([pair[index] for pair in paths]), measure) for paths in shapes])


def table(rows: Sequence[SmoothnessRow]) -> list[str]:
    """Lines for the terminal: one block per metric."""
    return grouped_table(
        rows,
        key=lambda row: row.measure,
        title=lambda block: TITLES[block[0].measure],
        head=("", "layer", "path", "sound", "mean", "n", "first minus this"),
        cells=lambda row: (
            row.bundle,
            str(row.module),
            row.path,
            row.sound,
            format_interval((row.mean, row.low, row.high)),
            str(row.n),
            format_interval(row.own_minus_it, sign="+"),
        ),
    )
