"""How many bits probes prove of each label in each module, beside the label's entropy and the controls: the layer
curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import Report
from trainer.evaluation.probing.fine_tuned import fine_tuned, some_of
from trainer.evaluation.probing.probes import PHONE, Probed, ProbeOptions, gather_probed
from trainer.evaluation.report_rows import replace_rows
from trainer.evaluation.text_table import columns, show
from trainer.metrics.probing.dimension_information import class_codes, entropy_bits
from trainer.metrics.probing.information_bounds import (
    BOUNDS_KEY,
    MARGIN_QUANTILES,
    bits_told,
    donsker_varadhan,
    margins,
)
from trainer.metrics.probing.linear_probe import Trial
from trainer.metrics.probing.pooling import MEAN, ONE_WINDOW, UNTRAINED, Features, select
from trainer.metrics.probing.tasks import SHUFFLED, fold_of
from trainer.metrics.probing.trained_probe import FAMILIES, train_probe
from trainer.metrics.statistics.bootstrap import bootstrap_mean
from trainer.model import Model

MATCHED = "linear, one window"
"""The family of linear probes of what all depths make of the same stretch of sound."""
FINE_TUNED = "modules above fine-tuned"
_READ_FROM_ABOVE = (PHONE, "vowel", "syllable")  # what is said; who says it the modules above were not made for
_ASIDE = 6  # one in so many groups of what a probe learns from says when to stop


@dataclass(frozen=True)
class BoundRow:
    """What probes of one family prove of a label in one representation, means over time: `bits`, H(Y) - CE with its 95
    % interval, and the Donsker-Varadhan form beside it; `entropy`, H(Y), is the most there can be. Then the share told
    right with its interval, and the 5th, 50th and 95th percentile of the margin of linear probes, in standardised
    features. Over `n` examples of `groups` groups, all held out.
    """

    label: str
    representation: str
    family: str
    bits: float
    low: float
    high: float
    donsker_varadhan: float
    entropy: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    margins: tuple[float, float, float] | None
    n: int
    groups: int
    classes: int


@dataclass(frozen=True)
class Answers:
    """What the probes of all tested folds said: log-probabilities [n, classes], the true classes [n], and, of linear
    ones, margins [n].
    """

    log_probabilities: NDArray[np.float64]
    classes: NDArray[np.int64]
    margins: NDArray[np.float64] | None

    @staticmethod
    def joined(parts: Sequence[Answers]) -> Answers:
        """Those of several folds as one."""
        distances = [one.margins for one in parts if one.margins is not None]
        return Answers(
            np.concatenate([one.log_probabilities for one in parts]),
            np.concatenate([one.classes for one in parts]),
            np.concatenate(distances) if distances else None,
        )


def bound_rows(features: Mapping[str, Features], trial: Trial) -> Iterator[BoundRow]:
    """A row for each representation of pooled `features` [rows, 2 dims] and each family of probes, and one for the
    deepest with the classes of what is learnt from shuffled. Of parts of recordings also linear probes of what each
    depth makes of one and the same window (`pooling.with_windows`).
    """
    every = {name: select(values[trial.question.rows], MEAN) for name, values in features.items()}
    own = {name: values for name, values in every.items() if not name.startswith(ONE_WINDOW)}
    deepest = [name for name in own if not name.startswith(UNTRAINED)][-1]
    for family, hidden in FAMILIES.items():
        for name, values in own.items():
            yield bound_row(trial, name, family, answers(values, trial, hidden))
        yield bound_row(trial, f"{SHUFFLED} ({deepest})", family, answers(own[deepest], trial, hidden, shuffle=True))
    if trial.question.label == PHONE:
        for name in (name for name in every if name.startswith(ONE_WINDOW)):
            yield bound_row(trial, name.removeprefix(ONE_WINDOW), MATCHED, answers(every[name], trial, None))


def answers(features: Features, trial: Trial, hidden: int | None, *, shuffle: bool = False) -> Answers:
    """What probes on `features` [n, dims] of the trial's examples say, each of a fold that it did not learn from."""
    codes = class_codes(trial.question.classes)
    count = int(codes.max()) + 1
    aside = _aside(trial)
    said, distances = [], []
    for train, test in trial.parts():
        learnt = codes[train]
        if shuffle:
            learnt = np.random.default_rng(0).permutation(learnt)
        # Where by chance no group is aside, every other example is
        stop = aside[train] if 0 < aside[train].sum() < train.sum() else np.arange(train.sum()) % 2 == 0
        probe = train_probe(features[train], learnt, stop, count, hidden)
        said.append(probe(features[test]))
        if hidden is None:
            points = probe.standardise(features[test]).astype(np.float64)
            distances.append(margins(points, codes[test], probe.weights, probe.biases))
    tested = np.concatenate([codes[test] for _, test in trial.parts()])
    return Answers(np.concatenate(said), tested, np.concatenate(distances) if distances else None)


def _aside(trial: Trial) -> NDArray[np.bool_]:
    """Which examples [n] say when to stop, in whole groups."""
    return np.array([fold_of(f"aside {group}", _ASIDE) == 0 for group in trial.question.groups.tolist()])


def fine_tuned_rows(model: Model, trial: Trial, probed: Probed) -> Iterator[BoundRow]:
    """A row for each module but the deepest: what the modules above can be brought to read off it."""
    some = some_of(trial, probed)
    tested = np.concatenate([class_codes(some.question.classes)[test] for _, test in some.parts()])
    for module, said in fine_tuned(model, some, probed, _aside(some)):
        yield bound_row(some, f"module {module}", FINE_TUNED, Answers(said, tested, None))


def bound_row(trial: Trial, representation: str, family: str, said: Answers) -> BoundRow:
    """The row of what was said of the examples that `trial` tests, in their order."""
    groups = trial.groups()
    found = bootstrap_mean(bits_told(said.log_probabilities, said.classes), groups=groups)
    right = bootstrap_mean((said.log_probabilities.argmax(1) == said.classes).astype(np.float64), groups=groups)
    share = np.bincount(said.classes, minlength=said.log_probabilities.shape[1]) / len(said.classes)
    # The critic is what the probe says over what is said without it; other scales of it would prove less
    critic = said.log_probabilities - np.log(np.maximum(share, np.finfo(np.float64).tiny))
    return BoundRow(
        label=trial.question.label,
        representation=representation,
        family=family,
        bits=found.mean,
        low=found.low,
        high=found.high,
        donsker_varadhan=donsker_varadhan(critic, said.classes),
        entropy=entropy_bits(said.classes),
        accuracy=right.mean,
        accuracy_low=right.low,
        accuracy_high=right.high,
        margins=None if said.margins is None else _percentiles(said.margins),
        n=found.n,
        groups=len(set(groups.tolist())),
        classes=said.log_probabilities.shape[1],
    )


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """None where a probe learnt nothing, and so has no borders."""
    if not np.isfinite(values).all():
        return None
    low, middle, high = np.quantile(values, MARGIN_QUANTILES).tolist()
    return low, middle, high


def add_bounds(
    report: Report, data: str, path: Path, folders: Sequence[Path], options: ProbeOptions
) -> tuple[Report, list[str]]:
    """`report` with the rows of the recordings called `data`, and lines to read. Raises ValueError where nothing can be
    probed.
    """
    probed = gather_probed(path, folders, options, windows=True)
    model = bundle.load_encoder(path, bundle.read_config(path).config)
    rows: list[BoundRow] = []
    for trial in tqdm(probed.trials, desc="bounds", unit="label", leave=False):
        rows += bound_rows(probed.features, trial)
        if trial.question.label in _READ_FROM_ABOVE:
            rows += fine_tuned_rows(model, trial, probed)
    kept = replace_rows(report, BOUNDS_KEY, data, ({"data": data, **asdict(row)} for row in rows))
    return kept, [*probed.notes[:2], *table(rows)]


def table(rows: Sequence[BoundRow]) -> list[str]:
    """Lines for a terminal: a block for each label."""
    lines = []
    for label in dict.fromkeys(row.label for row in rows):
        block = [row for row in rows if row.label == label]
        lines += [
            "",
            f"{label}: H = {block[0].entropy:.2f} bits, {block[0].classes} classes, n = {block[0].n} of "
            f"{block[0].groups} groups",
        ]
        cells = [("representation", "probe", "bits", "Donsker-Varadhan", "accuracy, %", "margin 5, 50, 95 %")]
        for row in block:
            bits, distance = show((row.bits, row.low, row.high)), row.margins
            told = "" if distance is None else " ".join(f"{value:+.2f}" for value in distance)
            accuracy = f"{100 * row.accuracy:.1f}"
            cells.append((row.representation, row.family, bits, f"{row.donsker_varadhan:.3f}", accuracy, told))
        lines += columns(cells)
    return lines[1:]
