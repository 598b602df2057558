"""How smoothly the sound follows the latents: along dimensions and between clips, for a bundle and others beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from trainer.audio.log_mel import LogMel
from trainer.corpus import read_recording
from trainer.evaluation.selection import Side, Subject, choose, shortest_seconds, subjects
from trainer.evaluation.text_table import Interval, columns, show
from trainer.metrics.latents.traversal import REACH, Survey, draw_couples, interpolation, survey, traversal, walk_shapes
from trainer.metrics.speech.path_smoothness import PathShape, smoothness
from trainer.metrics.statistics.scores import Score

SMOOTHNESS_KEY = "smoothness"
PRIOR = f"{-REACH:g} to {REACH:g}"
CORPUS = f"mean -{REACH:g} to +{REACH:g} sd"
BETWEEN = "clip to clip"
DECODED, CROSSFADE = "decoded", "crossfade"
TITLES = {
    "length_over_distance": "path length over end-to-end distance (1: straight)",
    "largest_step": "largest step over the mean step (1: even)",
    "same_way": "share of movement, band by band and frame by frame, that goes the same way (1: none turns back)",
}


@dataclass(frozen=True)
class SmoothnessOptions:
    """What is walked. `module` None: every one that has a decoder. `dims`: of most KL, or most sd where there is no KL.
    `steps`: of a path.
    """

    side: Side = "validation"
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
    """One measure of one kind of walk: its mean over `n` clips (or pairs of clips) with the ends of its 95 % interval.
    `sound`: decoded along the way, or the crossfade of its ends. `paths` were walked for it. `own_minus_it`: how much
    more the first bundle's decoded sound has at this module on the same walk, paired.
    """

    bundle: str
    module: int
    walk: str
    sound: str
    measure: str
    mean: float
    low: float
    high: float
    n: int
    paths: int
    own_minus_it: Interval | None = None


@dataclass(frozen=True)
class _Walk:
    """Which paths: of a module of a bundle, one kind of walk."""

    bundle: str
    module: int
    walk: str


_Shapes = list[list[tuple[PathShape | None, PathShape | None]]]
"""The paths, decoded and crossfaded, of every clip (or pair of clips)."""


def walk_bundles(
    path: Path, folders: Sequence[Path], beside: Sequence[Path], options: SmoothnessOptions
) -> tuple[list[SmoothnessRow], list[str]]:
    """Rows for every walk and measure, and what must be said beside them. Raises ValueError where nothing can be
    walked.
    """
    options.check()
    measured = subjects(path, beside)
    longest = max(shortest_seconds(subject.model.config) for subject in measured)
    chosen = choose(folders, measured[0].header, options.side, options.clips, least_seconds=longest)
    modules = [_modules(subject, options.module) for subject in measured]
    found: dict[_Walk, _Shapes] = {}
    for subject, decoded in zip(measured, modules, strict=True):
        rate = subject.model.config.sample_rate
        bar = tqdm(chosen, desc=f"encode with {subject.label}", unit="clip", leave=False)
        surveys = survey(subject.model, decoded, (read_recording(one.recording, rate) for one in bar))
        for module, surveyed in surveys.items():
            for walk, shapes in _walks(subject, module, surveyed, options):
                found[_Walk(subject.label, module, walk)] = shapes
    notes = [
        f"{len(chosen)} clips, about a second from the middle of each; {options.steps} equal steps a path; log-mel in "
        f"dB. Intervals: 95 %, clips (or pairs of clips) resampled; differences are paired.",
        f"Dimensions: the {options.dims} of most KL, or of most sd where the encoder is deterministic; mean and sd are "
        "over all frames of these clips. Crossfade: the decoded sounds at the two ends, mixed.",
        *(subject.told_of(chosen) for subject in measured),
    ]
    return _rows(found, measured[0].label), notes


def _modules(subject: Subject, asked: int | None) -> list[int]:
    if asked is None:
        return subject.modules
    if asked not in subject.modules:
        raise ValueError(f"--module {asked}: {subject.label} has decoders for {subject.modules} only")
    return [asked]


def _walks(subject: Subject, module: int, found: Survey, options: SmoothnessOptions) -> Iterator[tuple[str, _Shapes]]:
    """Each kind of walk. From -3 to 3 only where there is a prior, whose unit that is."""
    model, log_mel = subject.model, LogMel(subject.model.config.sample_rate)

    def decode(latents: Tensor) -> Tensor:
        return model.decode(module, latents)

    dims = found.top(options.dims)
    mean, sd = found.mean.tolist(), found.sd.tolist()
    scales = {CORPUS: [(mean[dim] - REACH * sd[dim], mean[dim] + REACH * sd[dim]) for dim in dims]}
    if found.kl is not None:
        scales = {PRIOR: [(-REACH, REACH)] * len(dims)} | scales
    for walk, ends in scales.items():
        bar = tqdm(found.excerpts, desc=f"{subject.label}, module {module}, {walk}", unit="clip", leave=False)
        shapes = [
            [
                walk_shapes(traversal(latents, dim, low, high, options.steps), decode, log_mel)
                for dim, (low, high) in zip(dims, ends, strict=True)
            ]
            for latents in bar
        ]
        yield walk, shapes
    couples = draw_couples(len(found.excerpts))
    bar = tqdm(couples, desc=f"{subject.label}, module {module}, {BETWEEN}", unit="pair", leave=False)
    lines = (interpolation(found.excerpts[first], found.excerpts[second], options.steps) for first, second in bar)
    yield BETWEEN, [[walk_shapes(line, decode, log_mel)] for line in lines]


def _rows(found: dict[_Walk, _Shapes], own: str) -> list[SmoothnessRow]:
    """In the order of the walks; a measure that no path tells of has no row."""
    rows = []
    for walk, shapes in found.items():
        twin = found.get(replace(walk, bundle=own))
        for sound in (DECODED, CROSSFADE):
            for measure in TITLES:
                score = _score(shapes, sound, measure)
                estimate = score.estimate()
                if estimate is None:
                    continue
                is_own = walk.bundle == own and sound == DECODED
                difference = None
                if twin is not None and not is_own:
                    difference = _score(twin, DECODED, measure).minus(score).estimate()
                rows.append(
                    SmoothnessRow(
                        **asdict(walk),
                        sound=sound,
                        measure=measure,
                        mean=estimate.mean,
                        low=estimate.low,
                        high=estimate.high,
                        n=estimate.n,
                        paths=sum(map(len, shapes)),
                        own_minus_it=None if difference is None else (difference.mean, difference.low, difference.high),
                    )
                )
    return rows


def _score(shapes: _Shapes, sound: str, measure: str) -> Score:
    """Of each clip, or pair of clips: its paths taken together."""
    place = (DECODED, CROSSFADE).index(sound)
    return Score.of_values([getattr(smoothness([pair[place] for pair in paths]), measure) for paths in shapes])


def rows_to_json(rows: Sequence[SmoothnessRow], data: str) -> list[dict[str, object]]:
    """Rows as they stand in report.json, with the name of the recordings."""
    return [{"data": data, **asdict(row)} for row in rows]


def table(rows: Sequence[SmoothnessRow]) -> list[str]:
    """Lines for a terminal: a block for each measure."""
    lines = []
    for measure in dict.fromkeys(row.measure for row in rows):
        block = [("", "module", "walk", "sound", "mean", "n", "own minus it")]
        for row in (row for row in rows if row.measure == measure):
            figure, difference = show((row.mean, row.low, row.high)), show(row.own_minus_it, "+")
            cells = (row.bundle, str(row.module), row.walk, row.sound, figure, str(row.n), difference)
            block.append(cells)
        lines += [TITLES[measure], *columns(block), ""]
    return lines[:-1]
