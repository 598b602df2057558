"""Linear probes: how well logistic regression tells a label from a pooled representation, on groups it has not seen.
The probe of a fold learns from all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from trainer.metrics.probing.pooling import LOG_MEL, POOLINGS, UNTRAINED, Features, select
from trainer.metrics.probing.tasks import SHUFFLED, Names, Question
from trainer.metrics.statistics.bootstrap import Estimate, bootstrap_mean

Flags = NDArray[np.bool_]
MAJORITY = "majority class"
REGULARISATION = 1.0
"""C of the logistic regression: fixed, so that no row is tuned more than another."""
_MOST_STEPS = 10_000


@dataclass(frozen=True)
class Outcome:
    """A probe on examples held out: whether it was right [n], and how its weights spread: the standard deviation of
    w / max |w|, small where few features carry the label (None: no weights).
    """

    correct: Flags
    weight_spread: float | None


def run_probe(features: Features, classes: Names, train: Flags, test: Flags, shuffle: int | None = None) -> Outcome:
    """Fit a probe on the examples `train` of features [n, dims] and classes [n], and try it on `test`.

    Features are standardised by the training part. `shuffle`, a seed, takes the training part's classes in random
    order: what is then found above chance is a fault of the procedure.
    """
    learnt = classes[train]
    if shuffle is not None:
        learnt = np.random.default_rng(shuffle).permutation(learnt)
    scaler = StandardScaler().fit(features[train].astype(np.float64))
    probe = LogisticRegression(C=REGULARISATION, max_iter=_MOST_STEPS)
    probe.fit(scaler.transform(features[train].astype(np.float64)), learnt)
    said = probe.predict(scaler.transform(features[test].astype(np.float64)))
    largest = float(np.abs(probe.coef_).max())
    return Outcome(said == classes[test], float(np.std(probe.coef_ / largest)) if largest > 0 else 0.0)


def run_majority(classes: Names, train: Flags, test: Flags) -> Outcome:
    """Always the most frequent class of the training part."""
    names, counts = np.unique(classes[train], return_counts=True)
    return Outcome(classes[test] == names[counts.argmax()], None)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcomes of several folds as one."""
    spreads = [one.weight_spread for one in outcomes if one.weight_spread is not None]
    return Outcome(np.concatenate([one.correct for one in outcomes]), float(np.mean(spreads)) if spreads else None)


Interval = tuple[float, float, float]
"""A difference and the ends of its 95 % interval."""


@dataclass(frozen=True)
class ProbeRow:
    """Accuracy (0 to 1) of one representation and pooling on one label, over `n` examples of `groups` groups, all held
    out; `low` and `high` are its 95 % interval. Differences are paired over the same examples, None where a row has
    no such counterpart.
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
class Trial:
    """A question with its folds: which are tested, and what each probe learns from."""

    question: Question
    of_folds: int
    test_folds: tuple[int, ...]

    def parts(self) -> list[tuple[Flags, Flags]]:
        """(train, test) of each tested fold that has examples. Raises ValueError where none can be tested."""
        number = self.question.folds(self.of_folds)
        parts = [(number != fold, number == fold) for fold in self.test_folds if (number == fold).any()]
        if not parts or any(len(set(self.question.classes[train])) < 2 for train, _ in parts):
            raise ValueError(
                f"the label {self.question.label!r} has too few groups to be split into {self.of_folds} folds; "
                "choose fewer folds, other folds to test, or another group"
            )
        return parts

    def outcome(self, features: Features, shuffle: int | None = None) -> Outcome:
        """What probes on features [n, dims] of the question's examples give over all tested folds."""
        return joined([run_probe(features, self.question.classes, *part, shuffle) for part in self.parts()])

    def majority(self) -> Outcome:
        return joined([run_majority(self.question.classes, *part) for part in self.parts()])

    def groups(self) -> Names:
        """The groups of the examples tested, in the order of an outcome."""
        names: Names = np.concatenate([self.question.groups[test] for _, test in self.parts()])
        return names

    def row(self, representation: str, pooling: str, outcome: Outcome) -> ProbeRow:
        groups = self.groups()
        found = bootstrap_mean(outcome.correct.astype(np.float64), groups=groups)
        return ProbeRow(
            label=self.question.label,
            representation=representation,
            pooling=pooling,
            accuracy=found.mean,
            low=found.low,
            high=found.high,
            n=found.n,
            groups=len(set(groups.tolist())),
            classes=len(set(self.question.classes.tolist())),
            folds=self.test_folds,
            of_folds=self.of_folds,
            weight_spread=outcome.weight_spread,
        )


def splittable(asked: Sequence[Question], folds: int, test_folds: tuple[int, ...], every: bool) -> list[Trial]:
    """The trials of all questions whose groups fill the folds. Raises ValueError where there is none, or where `every`
    is wanted and one cannot be split.
    """
    trials, faults = [], []
    for question in asked:
        trial = Trial(question, folds, test_folds)
        try:
            trial.parts()
        except ValueError as fault:
            faults.append(fault)
        else:
            trials.append(trial)
    if faults and (every or not trials):
        raise faults[0]
    return trials


def difference(outcome: Outcome, other: Outcome, groups: Names) -> Interval:
    """How much more often `outcome` is right than `other` on the same examples, by paired bootstrap over groups."""
    found: Estimate = bootstrap_mean(outcome.correct.astype(np.float64) - other.correct, groups=groups)
    return found.mean, found.low, found.high


def probe(features: Mapping[str, Features], trial: Trial) -> list[ProbeRow]:
    """A row for each representation of pooled `features` [rows, 2 dims] (see pooling.py) and each pooling, and the
    controls: shuffled labels at the deepest representation, and the majority class.
    """
    groups = trial.groups()
    own = {name: values[trial.question.rows] for name, values in features.items()}
    deepest = [name for name in own if not name.startswith(UNTRAINED)][-1]
    rows = []
    for pooling in POOLINGS:
        outcomes = {name: trial.outcome(select(values, pooling)) for name, values in own.items()}
        for name, outcome in outcomes.items():
            twin = outcomes.get(f"{UNTRAINED} {name}")
            log_mel = outcomes.get(LOG_MEL) if name != LOG_MEL else None
            rows.append(
                replace(
                    trial.row(name, pooling, outcome),
                    difference_to_log_mel=None if log_mel is None else difference(outcome, log_mel, groups),
                    difference_to_untrained=None if twin is None else difference(outcome, twin, groups),
                )
            )
        shuffled = trial.outcome(select(own[deepest], pooling), shuffle=0)
        rows.append(trial.row(f"{SHUFFLED} ({deepest})", pooling, shuffled))
    rows.append(trial.row(MAJORITY, "", trial.majority()))
    return rows
