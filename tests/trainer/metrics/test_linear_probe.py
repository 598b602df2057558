import hashlib
from dataclasses import replace

import numpy as np
import pytest

from trainer.metrics.probing.cross_validation import CrossValidation, cross_validations, paired_difference, probe_rows
from trainer.metrics.probing.linear_probe import run_probe
from trainer.metrics.probing.pooling import MEAN, MEAN_SD
from trainer.metrics.probing.tasks import ProbeTask, fold_of, make_task, recording_tasks

CLASSES = np.array(["a", "i", "u"])
GROUPS, TAKES = 150, 4


def question(seed: int = 0) -> ProbeTask:
    """150 words of four takes; the class is drawn for each take."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"word{number}" for number in range(GROUPS)], TAKES)
    return ProbeTask("vowel", CLASSES[rng.integers(3, size=len(groups))], groups, np.arange(len(groups)))


def telling(asked: ProbeTask, spread: float, seed: int = 1) -> np.ndarray:
    """Means [n, 3] that name the class up to normal noise of standard deviation `spread`, and sds that are noise."""
    rng = np.random.default_rng(seed)
    means = (asked.classes[:, None] == CLASSES).astype(float) + spread * rng.normal(size=(len(asked.classes), 3))
    return np.concatenate([means, rng.normal(size=means.shape)], axis=1).astype(np.float32)


def test_the_rule_of_folds_is_what_others_use() -> None:
    assert fold_of("badigu", 5) == int(hashlib.sha256(b"badigu").hexdigest(), 16) % 5 == 4
    assert np.bincount(question().assign_folds(5), minlength=5).min() > 50


def test_a_group_is_on_one_side() -> None:
    asked = question()
    for train, test in CrossValidation(asked, 5, (2, 3, 4)).splits():
        assert not set(asked.groups[train]) & set(asked.groups[test])
        assert train.sum() + test.sum() == len(asked.groups)


def test_what_is_plain_is_found_and_what_is_not_there_is_not() -> None:
    asked = question()
    trial = CrossValidation(asked, 5, (0, 1, 2, 3, 4))
    assert trial.evaluate(telling(asked, 0.0)).correct.all()
    blind = trial.row("noise", MEAN, trial.evaluate(telling(question(seed=9), 0.0)))
    assert blind.low < 1 / 3 < blind.high
    shuffled = trial.evaluate(telling(asked, 0.5), shuffle=0)
    assert shuffled.correct.mean() == pytest.approx(1 / 3, abs=0.08)


def test_accuracy_is_that_of_the_best_linear_rule() -> None:
    """Two classes one unit apart in one dimension, noise of sd 1: the threshold half-way is right with probability
    Phi(0.5) = 0.691.
    """
    rng = np.random.default_rng(0)
    classes = CLASSES[rng.integers(2, size=6000)]
    features = ((classes == "i") + rng.normal(size=6000))[:, None].astype(np.float32)
    train = np.arange(6000) < 3000
    found = run_probe(features * 1e-4 + 50, classes, train, ~train)  # neither scale nor offset matters
    assert found.correct.mean() == pytest.approx(0.691, abs=0.02)


def test_one_feature_that_carries_all_shows_in_the_spread_of_weights() -> None:
    rng = np.random.default_rng(0)
    classes = CLASSES[rng.integers(2, size=2000)]
    signs = np.where(classes == "i", 1.0, -1.0)[:, None]
    train = np.arange(2000) < 1500
    one = np.concatenate([signs + rng.normal(size=(2000, 1)), rng.normal(size=(2000, 63))], axis=1)
    every = signs / 8 * np.where(np.arange(64) % 2, 1, -1) + rng.normal(size=(2000, 64))
    spread_one, spread_every = (run_probe(x, classes, train, ~train).weight_spread for x in (one, every))
    assert spread_one < 0.2
    assert spread_every > 0.4


def test_rows_with_their_controls_and_paired_differences() -> None:
    asked = question()
    own = telling(asked, 0.4)
    features = {
        "log-mel": telling(asked, 0.8),
        "module 1": own,
        "GRU": telling(asked, 0.2),
        "untrained module 1": own,
        "untrained GRU": telling(asked, 2.0),
    }
    rows = {
        (row.representation, row.pooling): row for row in probe_rows(features, CrossValidation(asked, 5, (2, 3, 4)))
    }
    controls = {("majority class", ""), *(("shuffled labels (GRU)", pooling) for pooling in (MEAN, MEAN_SD))}
    assert rows.keys() == {(name, pooling) for name in features for pooling in (MEAN, MEAN_SD)} | controls
    tested = np.isin(asked.assign_folds(5), (2, 3, 4))
    assert {(row.n, row.classes, row.groups) for row in rows.values()} == {
        (tested.sum(), 3, len(set(asked.groups[tested])))
    }
    # The same features are right about the same examples: a paired difference without any width.
    assert rows["module 1", MEAN].difference_to_untrained == (0.0, 0.0, 0.0)
    better = rows["GRU", MEAN]
    assert better.difference_to_untrained[1] > 0 < better.difference_to_log_mel[1]
    assert better.difference_to_log_mel[0] == pytest.approx(better.accuracy - rows["log-mel", MEAN].accuracy)
    assert rows["log-mel", MEAN].difference_to_log_mel is None
    assert rows["majority class", ""].accuracy == pytest.approx(1 / 3, abs=0.1)
    assert rows["majority class", ""].weight_spread is None


def test_pairing_narrows_the_interval() -> None:
    asked = question()
    trial = CrossValidation(asked, 5, (2, 3, 4))
    near, far = (trial.evaluate(telling(asked, spread, seed=1)) for spread in (0.5, 0.55))
    unpaired = trial.row("", MEAN, near)
    _, low, high = paired_difference(near, far, trial.test_groups())
    assert high - low < 0.7 * (unpaired.high - unpaired.low)


def test_only_words_are_asked_about_unless_wanted() -> None:
    rng = np.random.default_rng(0)
    labels = [
        {"kind": str(rng.choice(["word", "string"])), "f0": float(rng.integers(3)), "name": f"n{index}"}
        for index in range(200)
    ]
    groups = [str(index % 50) for index in range(200)]
    assert [asked.label for asked in recording_tasks(labels, groups)] == ["kind"]
    (asked,) = recording_tasks(labels, groups, ["f0"])
    assert set(asked.classes) == {"0", "1", "2"}
    with pytest.raises(ValueError, match=r"'name' cannot be probed.*The labels here: kind, name"):
        recording_tasks(labels, groups, ["name"])


def test_rare_classes_and_unknown_ones_are_left_out() -> None:
    classes = ["a"] * 30 + [None] * 5 + ["b"] * 30 + ["rare"] * 9 + ["of one word"] * 30
    groups = [f"g{index}" for index in range(74)] + ["the same"] * 30
    asked = make_task("vowel", classes, groups)
    assert set(asked.classes) == {"a", "b"}
    assert asked.rows.tolist() == [*range(30), *range(35, 65)]
    assert asked.groups[30] == "g35"
    assert make_task("vowel", ["a"] * 40, groups[:40]) is None


def test_a_split_that_cannot_be() -> None:
    asked = make_task("x", ["a", "b"] * 30, [f"g{index % 4}" for index in range(60)])
    assert asked is None  # each class is in two groups alone
    asked = make_task("x", ["a", "b", "b"] * 20, [f"g{index % 4}" for index in range(60)])
    empty = next(fold for fold in range(50) if fold not in asked.assign_folds(50))
    with pytest.raises(ValueError, match="too few groups"):
        CrossValidation(asked, 50, (empty,)).splits()
    sound = replace(question(), label="sound")
    (kept,) = cross_validations([asked, sound], 50, (empty,), every=False)
    assert kept.task is sound
    for wanted, every in (([asked, sound], True), ([asked], False)):
        with pytest.raises(ValueError, match="label 'x' has too few groups"):
            cross_validations(wanted, 50, (empty,), every=every)
