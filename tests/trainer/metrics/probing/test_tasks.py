"""Probe tasks and folds."""

import hashlib

import numpy as np
import pytest

from tests.trainer.metrics.probing.vowel_task import vowel_task
from trainer.metrics.probing.tasks import fold_of, make_task, recording_tasks


def test_fold_is_given_by_the_hash_of_the_group() -> None:
    assert fold_of("badigu", 5) == int(hashlib.sha256(b"badigu").hexdigest(), 16) % 5 == 4
    assert np.bincount(vowel_task().assign_folds(5), minlength=5).min() > 50


def test_numeric_labels_are_classes_only_if_requested() -> None:
    rng = np.random.default_rng(0)
    labels = [
        {"kind": str(rng.choice(["word", "string"])), "f0": float(rng.integers(3)), "name": f"n{index}"}
        for index in range(200)
    ]
    groups = [str(index % 50) for index in range(200)]
    assert [task.label for task in recording_tasks(labels, groups)] == ["kind"]
    (task,) = recording_tasks(labels, groups, ["f0"])
    assert set(task.classes) == {"0", "1", "2"}
    with pytest.raises(ValueError, match=r"'name' cannot be probed.*Available labels: kind, name"):
        recording_tasks(labels, groups, ["name"])


def test_rare_and_unknown_classes_are_dropped() -> None:
    classes = ["a"] * 30 + [None] * 5 + ["b"] * 30 + ["rare"] * 9 + ["of one word"] * 30
    groups = [f"g{index}" for index in range(74)] + ["the same"] * 30
    task = make_task("vowel", classes, groups)
    assert set(task.classes) == {"a", "b"}
    assert task.rows.tolist() == [*range(30), *range(35, 65)]
    assert task.groups[30] == "g35"
    assert make_task("vowel", ["a"] * 40, groups[:40]) is None
