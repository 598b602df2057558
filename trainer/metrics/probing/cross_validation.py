"""Cross-validated linear probes and their controls, as rows of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trainer.metrics.probing.linear_probe import (
    Flags,
    ProbeResult,
    concatenate_results,
    majority_baseline,
    run_probe,
)
from trainer.metrics.probing.pooling import LOG_MEL, POOLINGS, UNTRAINED, Features, select_pooling
from trainer.metrics.probing.tasks import SHUFFLED_LABELS, Names, ProbeTask
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_mean

MAJORITY = "majority class"

Interval = tuple[float, float, float]
"""A difference and the ends of its 95 % interval."""


@dataclass(frozen=True)
class ProbeRow:
    """Held-out accuracy (0 to 1) of one representation and pooling on one label; the field names are keys of a report.

    `low`, `high`: 95 % interval, over `n` examples of `groups` groups in the tested `folds` of `of_folds`. Differences
    are paired over the same examples; None without a counterpart.
    """

    label: str
    representation: str
    pooling: str
    accuracy: float
    low: float
    high: float
    n: int
    groups: int
    classes: int
    folds: tuple[int, ...]
    of_folds: int
    difference_to_log_mel: Interval | None = None
    difference_to_untrained: Interval | None = None
    weight_spread: float | None = None


@dataclass(frozen=True)
class CrossValidation:
    """A task split into `folds` folds of whole groups, of which `test_folds` are tested."""

    task: ProbeTask
    folds: int
    test_folds: tuple[int, ...]

    def splits(self) -> list[tuple[Flags, Flags]]:
        """(train, test) masks [n] of each test fold that has examples.

        Raises ValueError if no fold can be tested.
        """
        number = self.task.assign_folds(self.folds)
        splits = [(number != fold, number == fold) for fold in self.test_folds if (number == fold).any()]
        if not splits or any(len(set(self.task.classes[train])) < 2 for train, _ in splits):
            raise ValueError(
                f"the label {self.task.label!r} has too few groups to be split into {self.folds} folds; "
                "choose fewer folds, other test folds, or another group"
            )
        return splits

    def evaluate(self, features: Features, shuffle: int | None = None) -> ProbeResult:
        """Result of linear probes on `features` [n, dims] of the task's examples, over all test folds.

        `shuffle`: a seed to shuffle the training labels with.
        """
        return concatenate_results([run_probe(features, self.task.classes, *part, shuffle) for part in self.splits()])

    def majority(self) -> ProbeResult:
        """Result of the majority-class baseline over all test folds."""
        return concatenate_results([majority_baseline(self.task.classes, *part) for part in self.splits()])

    def test_groups(self) -> Names:
        """Groups of the tested examples, in the order of a result."""
        names: Names = np.concatenate([self.task.groups[test] for _, test in self.splits()])
        return names

    def row(self, representation: str, pooling: str, result: ProbeResult) -> ProbeRow:
        """Report row of `result`."""
        groups = self.test_groups()
        accuracy = bootstrap_mean(result.correct.astype(np.float64), groups=groups)
        return ProbeRow(
            label=self.task.label,
            representation=representation,
            pooling=pooling,
            accuracy=accuracy.mean,
            low=accuracy.low,
            high=accuracy.high,
            n=accuracy.n,
            groups=len(set(groups.tolist())),
            classes=len(set(self.task.classes.tolist())),
            folds=self.test_folds,
            of_folds=self.folds,
            weight_spread=result.weight_spread,
        )


def cross_validations(
    tasks: Sequence[ProbeTask], folds: int, test_folds: tuple[int, ...], every: bool
) -> list[CrossValidation]:
    """Cross-validations of all tasks with enough groups for the folds.

    Raises ValueError if there is none, or if `every` task is required and one cannot be split.
    """
    validations, errors = [], []
    for task in tasks:
        validation = CrossValidation(task, folds, test_folds)
        try:
            validation.splits()
        except ValueError as error:
            errors.append(error)
        else:
            validations.append(validation)
    if errors and (every or not validations):
        raise errors[0]
    return validations


def paired_difference(result: ProbeResult, other: ProbeResult, groups: Names) -> Interval:
    """Accuracy of `result` minus `other` on the same examples, with a paired bootstrap over groups."""
    found: BootstrapEstimate = bootstrap_mean(result.correct.astype(np.float64) - other.correct, groups=groups)
    return found.mean, found.low, found.high


def probe_rows(features: Mapping[str, Features], validation: CrossValidation) -> list[ProbeRow]:
    """Rows for each representation of pooled `features` [rows, 2 dims] and each pooling, and for the controls.

    Controls: shuffled labels at the deepest representation, and the majority class.
    """
    groups = validation.test_groups()
    own = {name: values[validation.task.rows] for name, values in features.items()}
    deepest = [name for name in own if not name.startswith(UNTRAINED)][-1]
    rows = []
    for pooling in POOLINGS:
        results = {name: validation.evaluate(select_pooling(values, pooling)) for name, values in own.items()}
        for name, result in results.items():
            untrained = results.get(f"{UNTRAINED} {name}")
            log_mel = results.get(LOG_MEL) if name != LOG_MEL else None
            rows.append(
                replace(
                    validation.row(name, pooling, result),
                    difference_to_log_mel=None if log_mel is None else paired_difference(result, log_mel, groups),
                    difference_to_untrained=None if untrained is None else paired_difference(result, untrained, groups),
                )
            )
        shuffled = validation.evaluate(select_pooling(own[deepest], pooling), shuffle=0)
        rows.append(validation.row(f"{SHUFFLED_LABELS} ({deepest})", pooling, shuffled))
    rows.append(validation.row(MAJORITY, "", validation.majority()))
    return rows
