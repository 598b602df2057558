"""Probe tasks: the class of each example, and its group, which is never split between training and test.

The assignment to folds is fixed, so that runs at different times are comparable: a group (for example a word with all
its takes) is in fold int(sha256(name).hexdigest(), 16) % folds.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.str_]
MIN_EXAMPLES, MIN_GROUPS = 10, 3
"""A class with fewer examples or groups is dropped."""
MAX_CLASSES = 100
SHUFFLED_LABELS = "shuffled labels"
"""Name of the control whose training labels are shuffled."""


@dataclass(frozen=True)
class ProbeTask:
    """Prediction of one label: class and group of each example [n], and its row in the pooled features [n]."""

    label: str
    classes: Names
    groups: Names
    rows: NDArray[np.int64]

    def assign_folds(self, folds: int) -> NDArray[np.int64]:
        """Fold number of each example [n]."""
        numbers = {group: fold_of(group, folds) for group in set(self.groups.tolist())}
        return np.array([numbers[group] for group in self.groups.tolist()], dtype=np.int64)


def fold_of(group: str, folds: int) -> int:
    """Fold number of `group`, from 0."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % folds


def make_task(label: str, classes: Sequence[str | None], groups: Sequence[str]) -> ProbeTask | None:
    """Task from one class (None: unknown) and group per example, without rare classes.

    None unless 2 to MAX_CLASSES classes remain.
    """
    counts = Counter(name for name in classes if name is not None)
    groups_of: dict[str, set[str]] = {name: set() for name in counts}
    for name, group in zip(classes, groups, strict=True):
        if name is not None:
            groups_of[name].add(group)
    kept = {name for name, count in counts.items() if count >= MIN_EXAMPLES and len(groups_of[name]) >= MIN_GROUPS}
    if not 2 <= len(kept) <= MAX_CLASSES:
        return None
    rows = np.array([row for row, name in enumerate(classes) if name in kept], dtype=np.int64)
    return ProbeTask(label, np.array(classes, dtype=object)[rows].astype(str), np.array(groups)[rows], rows)


def recording_tasks(
    labels: Sequence[Mapping[str, str | float]], groups: Sequence[str], requested: Sequence[str] | None = None
) -> list[ProbeTask]:
    """Tasks for recordings with `labels`: for the labels `requested`, or for every label with string values.

    Numeric labels are classes only if requested. Raises ValueError if a requested label cannot be probed.
    """
    names = dict.fromkeys(name for of_one in labels for name, value in of_one.items() if isinstance(value, str))
    tasks = []
    for name in names if requested is None else requested:
        values = [of_one.get(name) for of_one in labels]
        classes = [value if value is None or isinstance(value, str) else f"{value:g}" for value in values]
        task = make_task(name, classes, groups)
        if task is not None:
            tasks.append(task)
        elif requested is not None:
            raise ValueError(
                f"the label {name!r} cannot be probed: a task needs 2 to {MAX_CLASSES} classes, each with at least "
                f"{MIN_EXAMPLES} recordings of {MIN_GROUPS} groups. Available labels: {', '.join(names) or 'none'}"
            )
    return tasks
