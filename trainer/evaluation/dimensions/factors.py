"""How many bits each dimension holds about each factor, which of them are more than chance, and how sure we are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import FactorLabel, Report
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_labels import FACTORS, SPEAKER, Track, known
from trainer.evaluation.frame_samples import Moments
from trainer.evaluation.report_rows import replace_rows
from trainer.evaluation.text_table import columns
from trainer.metrics.probing.dimension_information import (
    BINS,
    FACTORS_KEY,
    LEVELS,
    class_codes,
    entropy_bits,
    held_out_bits,
    quantile_codes,
    shuffled,
)
from trainer.metrics.probing.tasks import LEAST_GROUPS, Question, ask
from trainer.metrics.statistics.bootstrap import bootstrap_ratio
from trainer.metrics.statistics.significance import above_chance, chance_of_means

LEAST_SPEAKERS = 8
"""With fewer, what holds for other speakers cannot be told, and recordings are held out instead."""
LEAST_BITS = 0.01
"""Less is not told of, however sure (Murphy et al., arXiv 2405.21042, drop such channels)."""
_FOLDS, _LEAST_FOLDS, _SHUFFLES = 5, 3, 2
_LEVEL_GROUPS = LEAST_GROUPS + 1  # to a level of a quantity that does not vary within a group


@dataclass(frozen=True)
class FactorRow:
    """One factor at one module: `bits` of each dimension, the `entropy` that is their ceiling, and `chance`, the most
    that any dimension held about classes shuffled. `n` moments of `groups`, which were held out by `group`; `told`: how
    many dimensions hold more than chance.
    """

    module: int
    factor: str
    classes: int
    entropy: float
    chance: float
    n: int
    group: str
    groups: int
    told: int
    bits: tuple[float, ...]


@dataclass(frozen=True)
class FactorQuestion:
    """A factor with what its examples are held out by."""

    asked: Question
    group: str

    @property
    def factor(self) -> str:
        return self.asked.label


def factor_questions(moments: Moments) -> tuple[list[FactorQuestion], list[str]]:
    """What can be asked of `moments`, and a line for each factor that cannot, with the reason."""
    found, notes = [], []
    for factor in FACTORS:
        try:
            found.append(_question(factor, moments.tracks[factor], moments))
        except ValueError as reason:
            notes.append(f"{factor} is left out: {reason}")
    return found, notes


def _question(factor: str, track: Track, moments: Moments) -> FactorQuestion:
    """Raises ValueError that says what is missing."""
    there = known(track)
    if not there.any():
        raise ValueError("these recordings have no such label")
    speakers, recordings = moments.speakers(), moments.recordings()
    enough = len(set(speakers[there].tolist()) - {""}) >= LEAST_SPEAKERS
    by_speaker = enough and factor != SPEAKER and bool((speakers[there] != "").all())
    groups = speakers if by_speaker else recordings
    is_name = track.dtype.kind == "U"
    if not is_name and not by_speaker and _is_constant(track[there], speakers[there]):
        raise ValueError(f"it does not vary within a speaker, and that takes {LEAST_SPEAKERS} speakers or more")
    classes = np.full(len(track), None, dtype=object)
    classes[there] = track[there] if is_name else _levels(track[there].astype(np.float64), groups[there])
    asked = ask(factor, classes.tolist(), groups.tolist())
    if asked is None or len(set(asked.folds(_FOLDS).tolist())) < _LEAST_FOLDS:
        raise ValueError(f"there are not two classes of it, each in {LEAST_GROUPS} recordings or speakers")
    return FactorQuestion(asked, "speaker" if by_speaker else "recording")


def _is_constant(values: Track, groups: NDArray[np.str_]) -> bool:
    """Whether a quantity [n] is the same throughout each group [n], of which there are known names."""
    pairs = set(zip(groups.tolist(), values.tolist(), strict=True))
    return "" not in groups and len(pairs) == len(set(groups.tolist()))


def _levels(values: NDArray[np.float64], groups: NDArray[np.str_]) -> list[str]:
    """Classes of a quantity [n], equally frequent; few where each level needs several groups to be held out."""
    count = len(set(groups.tolist())) // _LEVEL_GROUPS if _is_constant(values, groups) else LEVELS
    levels: list[str] = quantile_codes(values, min(LEVELS, max(2, count))).astype(str).tolist()
    return levels


@dataclass(frozen=True)
class _Held:
    """Of one factor at one module, bits summed over each group's moments [groups, dims], and how many those are."""

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    chance: float

    @property
    def bits(self) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = self.sums.sum(0) / self.counts.sum()
        return mean


def _hold(latents: NDArray[np.float32], question: Question) -> _Held:
    classes, members = class_codes(question.classes), class_codes(question.groups)
    folds = class_codes(question.folds(_FOLDS))
    counts = np.bincount(members).astype(np.float64)
    others = [shuffled(classes, members, seed) for seed in range(_SHUFFLES)]
    sums, chance = [], -np.inf
    for dimension in latents[question.rows].T:
        bins = quantile_codes(dimension, BINS)
        sums.append(np.bincount(members, held_out_bits(bins, classes, folds)))
        chance = max([chance, *(float(held_out_bits(bins, other, folds).mean()) for other in others)])
    return _Held(np.stack(sums, axis=1), counts, chance)


def module_factors(
    module: int, latents: NDArray[np.float32], asked: Sequence[FactorQuestion]
) -> tuple[list[FactorRow], dict[int, tuple[FactorLabel, ...]]]:
    """The rows of every factor over `latents` [n, dims], and each dimension's labels, most bits first: those that pass
    the correction for all dimensions and factors together, and hold more than any dimension does of shuffled classes.
    """
    held = [_hold(latents, one.asked) for one in tqdm(asked, desc=f"factors of module {module}", leave=False)]
    passed = above_chance(np.stack([chance_of_means(one.sums, one.counts) for one in held]))
    rows, labels = [], {dim: list[FactorLabel]() for dim in range(latents.shape[1])}
    for one, question, sure in zip(held, asked, passed, strict=True):
        told = np.flatnonzero(sure & (one.bits > max(one.chance, LEAST_BITS)))
        for dim in told.tolist():
            labels[dim].append(_label(question.factor, one, dim))
        rows.append(_row(module, question, one, len(told)))
    return rows, {dim: tuple(sorted(each, key=lambda label: -label.bits)) for dim, each in labels.items()}


def _label(factor: str, held: _Held, dim: int) -> FactorLabel:
    found = bootstrap_ratio(held.sums[:, dim], held.counts)
    return FactorLabel(factor=factor, bits=found.mean, low=found.low, high=found.high)


def _row(module: int, question: FactorQuestion, held: _Held, told: int) -> FactorRow:
    codes = class_codes(question.asked.classes)
    return FactorRow(
        module=module,
        factor=question.factor,
        classes=int(codes.max()) + 1,
        entropy=entropy_bits(codes),
        chance=held.chance,
        n=len(codes),
        group=question.group,
        groups=len(held.counts),
        told=told,
        bits=tuple(held.bits.round(5).tolist()),
    )


def add_factors(report: Report, data: str, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with the labels of every dimension and the rows of `moments`, which are of the recordings called `data`,
    and lines to read. Raises ValueError where no factor can be asked for.
    """
    asked, notes = factor_questions(moments)
    if not asked:
        raise ValueError("no factor can be measured on these recordings; " + "; ".join(notes))
    rows: list[FactorRow] = []
    for module, latents in moments.latents.items():
        found, labels = module_factors(module, latents, asked)
        report = with_facts(report, module, {dim: {"labels": each} for dim, each in labels.items()})
        rows += found
    kept = replace_rows(report, FACTORS_KEY, data, ({"data": data, **vars(row)} for row in rows))
    return kept, [*notes, *table(rows)]


def table(rows: Sequence[FactorRow]) -> list[str]:
    """Lines for a terminal: a block for each module, with the dimensions that hold most."""
    lines = []
    for module in dict.fromkeys(row.module for row in rows):
        head = ("factor", "of", "held out", "told by", "chance", "most bits in dimension")
        lines += [f"module {module}", *columns([head, *_cells(row for row in rows if row.module == module)]), ""]
    return lines[:-1]


def _cells(rows: Iterator[FactorRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        best = sorted(range(len(row.bits)), key=lambda dim: -row.bits[dim])[:3] if row.told else []
        yield (
            row.factor,
            f"{row.entropy:.2f} bits",
            f"{row.groups} {row.group}s",
            f"{row.told} of {len(row.bits)}",
            f"{row.chance:.3f}",
            ", ".join(f"{dim}: {row.bits[dim]:.2f}" for dim in best) or "no dimension above chance",
        )
