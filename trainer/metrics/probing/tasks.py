"""What can be asked of a corpus: which class each example has, and which group it belongs to, that is never split.

The rule of the folds is part of every measure, so that runs of different days can be compared: a group (a word with all
its takes) belongs to fold int(sha256(name).hexdigest(), 16) % folds.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.str_]
LEAST_EXAMPLES, LEAST_GROUPS = 10, 3
"""A class with fewer examples, or from fewer groups, is left out."""
MOST_CLASSES = 100
SHUFFLED = "shuffled labels"
"""What is asked when the answers are mixed up, so that nothing can be learnt."""


@dataclass(frozen=True)
class Question:
    """A label to be told: the class and the group of each example [n], and its row in the pooled features."""

    label: str
    classes: Names
    groups: Names
    rows: NDArray[np.int64]

    def folds(self, folds: int) -> NDArray[np.int64]:
        """The fold of each example [n]."""
        of = {group: fold_of(group, folds) for group in set(self.groups.tolist())}
        return np.array([of[group] for group in self.groups.tolist()], dtype=np.int64)


def fold_of(group: str, folds: int) -> int:
    """The fold, from 0, of everything in `group`."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % folds


def ask(label: str, classes: Sequence[str | None], groups: Sequence[str]) -> Question | None:
    """The question of one class (None: unknown) and group an example, without classes too rare to be learnt; None
    where there are not 2 to 100 classes left.
    """
    counts = Counter(name for name in classes if name is not None)
    homes: dict[str, set[str]] = {name: set() for name in counts}
    for name, group in zip(classes, groups, strict=True):
        if name is not None:
            homes[name].add(group)
    kept = {name for name, count in counts.items() if count >= LEAST_EXAMPLES and len(homes[name]) >= LEAST_GROUPS}
    if not 2 <= len(kept) <= MOST_CLASSES:
        return None
    rows = np.array([row for row, name in enumerate(classes) if name in kept], dtype=np.int64)
    return Question(label, np.array(classes, dtype=object)[rows].astype(str), np.array(groups)[rows], rows)


def questions(
    labels: Sequence[Mapping[str, str | float]], groups: Sequence[str], wanted: Sequence[str] | None = None
) -> list[Question]:
    """What can be asked of recordings with `labels`: of those `wanted`, else of every label that is a word. Numbers
    are quantities, and classes only where wanted by name. Raises ValueError where a wanted label cannot be probed.
    """
    names = dict.fromkeys(name for known in labels for name, value in known.items() if isinstance(value, str))
    asked = []
    for name in names if wanted is None else wanted:
        values = [known.get(name) for known in labels]
        classes = [value if value is None or isinstance(value, str) else f"{value:g}" for value in values]
        question = ask(name, classes, groups)
        if question is not None:
            asked.append(question)
        elif wanted is not None:
            raise ValueError(
                f"the label {name!r} cannot be probed: that takes 2 to {MOST_CLASSES} classes, each with "
                f"{LEAST_EXAMPLES} recordings of {LEAST_GROUPS} groups. The labels here: {', '.join(names) or 'none'}"
            )
    return asked
