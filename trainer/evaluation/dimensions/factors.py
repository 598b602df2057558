"""Information of every dimension about every factor, in bits, with significance and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import FactorLabel, Report
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_labels import FACTORS, SPEAKER, Labels, is_known
from trainer.evaluation.frame_samples import FrameSamples
from trainer.evaluation.report_rows import replace_rows, rows_to_json
from trainer.evaluation.text_table import grouped_table
from trainer.metrics.probing.dimension_information import (
    BINS,
    FACTORS_KEY,
    LEVELS,
    class_codes,
    entropy_bits,
    held_out_bits,
    quantile_codes,
    shuffle_groups,
)
from trainer.metrics.probing.tasks import MIN_GROUPS, ProbeTask, make_task
from trainer.metrics.statistics.bootstrap import bootstrap_ratio
from trainer.metrics.statistics.significance import benjamini_hochberg, mean_p_values

MIN_SPEAKERS = 8
"""With fewer speakers, recordings are held out instead; results then need not generalise to other speakers."""
MIN_BITS = 0.01
"""Labels with fewer bits are dropped even if significant (as Murphy et al., arXiv 2405.21042, drop channels)."""
_FOLDS, _MIN_FOLDS, _SHUFFLES = 5, 3, 2
_STORED_NAMES = {"above_chance": "told"}  # the key in report.json
_GROUPS_PER_LEVEL = MIN_GROUPS + 1  # for a quantity that is constant within a group


@dataclass(frozen=True)
class FactorRow:
    """One factor at one module.

    `bits` of each dimension; their upper bound `entropy`; `chance`, the maximum over dimensions for shuffled classes;
    `n` time points of `groups` groups, where `group` is the kind of group held out; `above_chance`, the number of
    dimensions above chance.
    """

    module: int
    factor: str
    classes: int
    entropy: float
    chance: float
    n: int
    group: str
    groups: int
    above_chance: int
    bits: tuple[float, ...]


@dataclass(frozen=True)
class FactorTask:
    """A factor as a probe task, and the kind of group that is held out."""

    task: ProbeTask
    group: str

    @property
    def factor(self) -> str:
        """The name of the factor."""
        return self.task.label


def factor_tasks(samples: FrameSamples) -> tuple[list[FactorTask], list[str]]:
    """The factors that can be measured on `samples`, and one line for each that cannot, with the reason."""
    tasks, notes = [], []
    for factor in FACTORS:
        try:
            tasks.append(_factor_task(factor, samples.labels[factor], samples))
        except ValueError as reason:
            notes.append(f"{factor} is left out: {reason}")
    return tasks, notes


def _factor_task(factor: str, labels: Labels, samples: FrameSamples) -> FactorTask:
    """Raises ValueError with the reason if the factor cannot be measured."""
    known = is_known(labels)
    if not known.any():
        raise ValueError("these recordings have no such label")
    speakers, clips = samples.speakers(), samples.clip_names()
    enough = len(set(speakers[known].tolist()) - {""}) >= MIN_SPEAKERS
    by_speaker = enough and factor != SPEAKER and bool((speakers[known] != "").all())
    groups = speakers if by_speaker else clips
    is_class = labels.dtype.kind == "U"
    if not is_class and not by_speaker and _is_constant(labels[known], speakers[known]):
        raise ValueError(f"it does not vary within a speaker, which requires at least {MIN_SPEAKERS} speakers")
    classes = np.full(len(labels), None, dtype=object)
    classes[known] = labels[known] if is_class else _levels(labels[known].astype(np.float64), groups[known])
    task = make_task(factor, classes.tolist(), groups.tolist())
    if task is None or len(set(task.assign_folds(_FOLDS).tolist())) < _MIN_FOLDS:
        raise ValueError(f"it has no two classes with {MIN_GROUPS} recordings or speakers each")
    return FactorTask(task, "speaker" if by_speaker else "recording")


def _is_constant(values: Labels, groups: NDArray[np.str_]) -> bool:
    """Whether a quantity [n] has one value within each group [n], and every group is known."""
    pairs = set(zip(groups.tolist(), values.tolist(), strict=True))
    return "" not in groups and len(pairs) == len(set(groups.tolist()))


def _levels(values: NDArray[np.float64], groups: NDArray[np.str_]) -> list[str]:
    """Equally frequent levels of a quantity [n]; fewer if each level needs several groups, so that one can be held
    out.
    """
    count = len(set(groups.tolist())) // _GROUPS_PER_LEVEL if _is_constant(values, groups) else LEVELS
    levels: list[str] = quantile_codes(values, min(LEVELS, max(2, count))).astype(str).tolist()
    return levels


@dataclass(frozen=True)
class _FactorBits:
    """Bits of one factor at one module: sums over each group's time points [G, D], the group sizes [G], and the
    maximum for shuffled classes.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    chance: float

    @property
    def bits(self) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = self.sums.sum(0) / self.counts.sum()
        return mean


def _measure(latents: NDArray[np.float32], task: ProbeTask) -> _FactorBits:
    classes, groups = class_codes(task.classes), class_codes(task.groups)
    folds = class_codes(task.assign_folds(_FOLDS))
    counts = np.bincount(groups).astype(np.float64)
    shuffled = [shuffle_groups(classes, groups, seed) for seed in range(_SHUFFLES)]
    sums, chance = [], -np.inf
    for dimension in latents[task.rows].T:
        bins = quantile_codes(dimension, BINS)
        sums.append(np.bincount(groups, held_out_bits(bins, classes, folds)))
        chance = max([chance, *(float(held_out_bits(bins, other, folds).mean()) for other in shuffled)])
    return _FactorBits(np.stack(sums, axis=1), counts, chance)


def module_factors(
    module: int, latents: NDArray[np.float32], tasks: Sequence[FactorTask]
) -> tuple[list[FactorRow], dict[int, tuple[FactorLabel, ...]]]:
    """One row per factor over `latents` [N, D], and the labels of each dimension, highest bits first.

    A label must pass the correction over all dimensions and factors, and exceed the maximum for shuffled classes.
    """
    measured = [_measure(latents, one.task) for one in tqdm(tasks, desc=f"factors of layer {module}", leave=False)]
    significant = benjamini_hochberg(np.stack([mean_p_values(one.sums, one.counts) for one in measured]))
    rows, labels = [], {dim: list[FactorLabel]() for dim in range(latents.shape[1])}
    for one, task, passed in zip(measured, tasks, significant, strict=True):
        labelled = np.flatnonzero(passed & (one.bits > max(one.chance, MIN_BITS)))
        for dim in labelled.tolist():
            labels[dim].append(_label(task.factor, one, dim))
        rows.append(_row(module, task, one, len(labelled)))
    return rows, {dim: tuple(sorted(each, key=lambda label: -label.bits)) for dim, each in labels.items()}


def _label(factor: str, measured: _FactorBits, dim: int) -> FactorLabel:
    found = bootstrap_ratio(measured.sums[:, dim], measured.counts)
    return FactorLabel(factor=factor, bits=found.mean, low=found.low, high=found.high)


def _row(module: int, task: FactorTask, measured: _FactorBits, labelled: int) -> FactorRow:
    codes = class_codes(task.task.classes)
    return FactorRow(
        module=module,
        factor=task.factor,
        classes=int(codes.max()) + 1,
        entropy=entropy_bits(codes),
        chance=measured.chance,
        n=len(codes),
        group=task.group,
        groups=len(measured.counts),
        above_chance=labelled,
        bits=tuple(measured.bits.round(5).tolist()),
    )


def add_factors(report: Report, data: str, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with the labels of every dimension and the factor rows of `samples`, and lines to print.

    `data` is the name of the recordings. Raises ValueError if no factor can be measured.
    """
    tasks, notes = factor_tasks(samples)
    if not tasks:
        raise ValueError("no factor can be measured on these recordings; " + "; ".join(notes))
    rows: list[FactorRow] = []
    for module, latents in samples.latents.items():
        module_rows, labels = module_factors(module, latents, tasks)
        report = with_facts(report, module, {dim: {"labels": each} for dim, each in labels.items()})
        rows += module_rows
    stored = rows_to_json(rows, data, stored_names=_STORED_NAMES)
    return replace_rows(report, FACTORS_KEY, data, stored), [*notes, *table(rows)]


def table(rows: Sequence[FactorRow]) -> list[str]:
    """Lines for the terminal: one block per module, with the most informative dimensions."""
    return grouped_table(
        rows,
        key=lambda row: row.module,
        title=lambda block: f"layer {block[0].module}",
        head=("factor", "entropy", "held out", "dims above chance", "chance", "highest bits, by dimension"),
        cells=_cells,
    )


def _cells(row: FactorRow) -> tuple[str, ...]:
    best = sorted(range(len(row.bits)), key=lambda dim: -row.bits[dim])[:3] if row.above_chance else []
    return (
        row.factor,
        f"{row.entropy:.2f} bits",
        f"{row.groups} {row.group}s",
        f"{row.above_chance} of {len(row.bits)}",
        f"{row.chance:.3f}",
        ", ".join(f"{dim}: {row.bits[dim]:.2f}" for dim in best) or "no dimension above chance",
    )
