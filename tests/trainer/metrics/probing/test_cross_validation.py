"""Cross-validated probes, their controls and paired differences."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.metrics.probing.vowel_task import noisy_features, vowel_task
from trainer.metrics.probing.cross_validation import CrossValidation, cross_validations, paired_difference, probe_rows
from trainer.metrics.probing.pooling import MEAN, MEAN_SD
from trainer.metrics.probing.tasks import make_task


def test_groups_are_never_split() -> None:
    task = vowel_task()
    for train, test in CrossValidation(task, 5, (2, 3, 4)).splits():
        assert not set(task.groups[train]) & set(task.groups[test])
        assert train.sum() + test.sum() == len(task.groups)


def test_separable_classes_are_found_and_noise_is_at_chance() -> None:
    task = vowel_task()
    validation = CrossValidation(task, 5, (0, 1, 2, 3, 4))
    assert validation.evaluate(noisy_features(task, 0.0)).correct.all()
    noise = validation.row("noise", MEAN, validation.evaluate(noisy_features(vowel_task(seed=9), 0.0)))
    assert noise.low < 1 / 3 < noise.high
    shuffled = validation.evaluate(noisy_features(task, 0.5), shuffle=0)
    assert shuffled.correct.mean() == pytest.approx(1 / 3, abs=0.08)


def test_rows_include_controls_and_paired_differences() -> None:
    task = vowel_task()
    own = noisy_features(task, 0.4)
    features = {
        "log-mel": noisy_features(task, 0.8),
        "module 1": own,
        "GRU": noisy_features(task, 0.2),
        "untrained module 1": own,
        "untrained GRU": noisy_features(task, 2.0),
    }
    rows = {(row.representation, row.pooling): row for row in probe_rows(features, CrossValidation(task, 5, (2, 3, 4)))}
    controls = {("majority class", ""), *(("shuffled labels (GRU)", pooling) for pooling in (MEAN, MEAN_SD))}
    assert rows.keys() == {(name, pooling) for name in features for pooling in (MEAN, MEAN_SD)} | controls
    tested = np.isin(task.assign_folds(5), (2, 3, 4))
    assert {(row.n, row.classes, row.groups) for row in rows.values()} == {
        (tested.sum(), 3, len(set(task.groups[tested])))
    }
    # Equal features have equal results: the paired difference is exactly 0
    assert rows["module 1", MEAN].difference_to_untrained == (0.0, 0.0, 0.0)
    better = rows["GRU", MEAN]
    assert better.difference_to_untrained[1] > 0 < better.difference_to_log_mel[1]
    assert better.difference_to_log_mel[0] == pytest.approx(better.accuracy - rows["log-mel", MEAN].accuracy)
    assert rows["log-mel", MEAN].difference_to_log_mel is None
    assert rows["majority class", ""].accuracy == pytest.approx(1 / 3, abs=0.1)
    assert rows["majority class", ""].weight_spread is None


def test_pairing_narrows_the_interval() -> None:
    task = vowel_task()
    validation = CrossValidation(task, 5, (2, 3, 4))
    one, other = (validation.evaluate(noisy_features(task, sd, seed=1)) for sd in (0.5, 0.55))
    unpaired = validation.row("", MEAN, one)
    _, low, high = paired_difference(one, other, validation.test_groups())
    assert high - low < 0.7 * (unpaired.high - unpaired.low)


def test_too_few_groups_raise() -> None:
    task = make_task("x", ["a", "b"] * 30, [f"g{index % 4}" for index in range(60)])
    assert task is None  # each class is in only two groups
    task = make_task("x", ["a", "b", "b"] * 20, [f"g{index % 4}" for index in range(60)])
    empty = next(fold for fold in range(50) if fold not in task.assign_folds(50))
    with pytest.raises(ValueError, match="too few groups"):
        CrossValidation(task, 50, (empty,)).splits()
    valid = replace(vowel_task(), label="valid")
    (kept,) = cross_validations([task, valid], 50, (empty,), every=False)
    assert kept.task is valid
    for tasks, every in (([task, valid], True), ([task], False)):
        with pytest.raises(ValueError, match="label 'x' has too few groups"):
            cross_validations(tasks, 50, (empty,), every=every)
