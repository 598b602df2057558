"""Lower bounds on the information about each label in each module, from probes, in bits.

Next to the label's entropy and the baselines, this is the layer curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import Report
from trainer.evaluation.probing.fine_tuned import fine_tuned_predictions, limit_duration
from trainer.evaluation.probing.probes import PHONE, ProbeData, ProbeOptions, prepare_probes
from trainer.evaluation.report_rows import probe_estimates, replace_rows, rows_to_json
from trainer.evaluation.text_table import format_interval, grouped_table
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.dimension_information import class_codes, entropy_bits
from trainer.metrics.probing.information_bounds import (
    BOUNDS_KEY,
    MARGIN_QUANTILES,
    margins,
)
from trainer.metrics.probing.pooling import MATCHED_WINDOW, MEAN, UNTRAINED, Features, select_pooling
from trainer.metrics.probing.tasks import SHUFFLED_LABELS, fold_of
from trainer.metrics.probing.trained_probe import FAMILIES, train_probe
from trainer.model import Model

MATCHED = "linear, one window"
"""Family of linear probes on the same window of sound at every module."""
FINE_TUNED = "modules above fine-tuned"
_FINE_TUNED_LABELS = (PHONE, "vowel", "syllable")  # content; the upper modules are not trained for the speaker
_VALIDATION_FOLDS = 6  # one of these folds of the training groups is for early stopping


@dataclass(frozen=True)
class BoundRow:
    """Results of one family of probes on one label in one representation (means over time).

    `bits`: H(Y) - cross-entropy with its 95 % interval; `entropy`: H(Y), the upper bound; the accuracy with its
    interval; `margins`: the 5th, 50th and 95th percentiles of the margins of linear probes, in standardised features.
    `n` held-out examples of `groups` groups.
    """

    label: str
    representation: str
    family: str
    bits: float
    low: float
    high: float
    entropy: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    margins: tuple[float, float, float] | None
    n: int
    groups: int
    classes: int


@dataclass(frozen=True)
class ProbePredictions:
    """Held-out predictions of the probes of all test folds: log-probabilities [N, C], true classes [N], and the
    margins [N] of linear probes.
    """

    log_probabilities: NDArray[np.float64]
    classes: NDArray[np.int64]
    margins: NDArray[np.float64] | None

    @staticmethod
    def concatenate(parts: Sequence[ProbePredictions]) -> ProbePredictions:
        """The predictions of several folds as one."""
        distances = [one.margins for one in parts if one.margins is not None]
        return ProbePredictions(
            np.concatenate([one.log_probabilities for one in parts]),
            np.concatenate([one.classes for one in parts]),
            np.concatenate(distances) if distances else None,
        )


def bound_rows(features: Mapping[str, Features], validation: CrossValidation) -> Iterator[BoundRow]:
    """One row per representation of pooled `features` [rows, 2 D] and family of probes.

    Also one row per family with shuffled training labels at the deepest module, and, for phones, linear probes of the
    same window at every module (`pooling.with_matched_windows`).
    """
    task = validation.task
    pooled = {name: select_pooling(values[task.rows], MEAN) for name, values in features.items()}
    own = {name: values for name, values in pooled.items() if not name.startswith(MATCHED_WINDOW)}
    deepest = [name for name in own if not name.startswith(UNTRAINED)][-1]
    for family, hidden in FAMILIES.items():
        for name, values in own.items():
            yield bound_row(validation, name, family, probe_predictions(values, validation, hidden))
        shuffled = probe_predictions(own[deepest], validation, hidden, shuffle=True)
        yield bound_row(validation, f"{SHUFFLED_LABELS} ({deepest})", family, shuffled)
    if task.label == PHONE:
        for name in (name for name in pooled if name.startswith(MATCHED_WINDOW)):
            predictions = probe_predictions(pooled[name], validation, None)
            yield bound_row(validation, name.removeprefix(MATCHED_WINDOW), MATCHED, predictions)


def probe_predictions(
    features: Features, validation: CrossValidation, hidden: int | None, *, shuffle: bool = False
) -> ProbePredictions:
    """Held-out predictions of one probe per test fold on `features` [N, D] of the task's examples.

    `hidden`: units of the hidden layer, None for a linear probe. `shuffle` permutes the training labels.
    """
    codes = class_codes(validation.task.classes)
    count = int(codes.max()) + 1
    early_stopping = _early_stopping(validation)
    log_probabilities, distances = [], []
    for train, test in validation.splits():
        labels = codes[train]
        if shuffle:
            labels = np.random.default_rng(0).permutation(labels)
        # If no group happens to be in the validation fold, use every other example
        usable = 0 < early_stopping[train].sum() < train.sum()
        stop = early_stopping[train] if usable else np.arange(train.sum()) % 2 == 0
        probe = train_probe(features[train], labels, stop, count, hidden)
        log_probabilities.append(probe(features[test]))
        if hidden is None:
            points = probe.standardise(features[test]).astype(np.float64)
            distances.append(margins(points, codes[test], probe.weights, probe.biases))
    tested = np.concatenate([codes[test] for _, test in validation.splits()])
    return ProbePredictions(np.concatenate(log_probabilities), tested, np.concatenate(distances) if distances else None)


def _early_stopping(validation: CrossValidation) -> NDArray[np.bool_]:
    """Which examples [N] are for early stopping, in whole groups."""
    # "aside" is part of the hash: renaming it would change every result
    groups = validation.task.groups.tolist()
    return np.array([fold_of(f"aside {group}", _VALIDATION_FOLDS) == 0 for group in groups])


def fine_tuned_rows(model: Model, validation: CrossValidation, data: ProbeData) -> Iterator[BoundRow]:
    """One row per module except the deepest: probes that fine-tune the modules above it."""
    limited = limit_duration(validation, data)
    tested = np.concatenate([class_codes(limited.task.classes)[test] for _, test in limited.splits()])
    for module, log_probabilities in fine_tuned_predictions(model, limited, data, _early_stopping(limited)):
        predictions = ProbePredictions(log_probabilities, tested, None)
        yield bound_row(limited, f"module {module}", FINE_TUNED, predictions)


def bound_row(validation: CrossValidation, representation: str, family: str, predictions: ProbePredictions) -> BoundRow:
    """The row of `predictions`, which are in the order of the validation's test examples."""
    groups = validation.test_groups()
    log_probabilities, classes = predictions.log_probabilities, predictions.classes
    accuracy, bits = probe_estimates(log_probabilities, classes, groups)
    return BoundRow(
        label=validation.task.label,
        representation=representation,
        family=family,
        bits=bits.mean,
        low=bits.low,
        high=bits.high,
        entropy=entropy_bits(classes),
        accuracy=accuracy.mean,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        margins=None if predictions.margins is None else _percentiles(predictions.margins),
        n=bits.n,
        groups=len(set(groups.tolist())),
        classes=log_probabilities.shape[1],
    )


def _percentiles(values: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """None if a probe has zero weights, and so no decision boundaries."""
    if not np.isfinite(values).all():
        return None
    low, middle, high = np.quantile(values, MARGIN_QUANTILES).tolist()
    return low, middle, high


def add_bounds(
    report: Report, data: str, path: Path, folders: Sequence[Path], options: ProbeOptions
) -> tuple[Report, list[str]]:
    """`report` with the bounds on the recordings named `data`, and lines to print.

    Raises ValueError if nothing can be probed.
    """
    probe_data = prepare_probes(path, folders, options, windows=True)
    model = bundle.load_encoder(path, bundle.read_config(path).config)
    rows: list[BoundRow] = []
    for validation in tqdm(probe_data.validations, desc="bounds", unit="label", leave=False):
        rows += bound_rows(probe_data.features, validation)
        if validation.task.label in _FINE_TUNED_LABELS:
            rows += fine_tuned_rows(model, validation, probe_data)
    report = replace_rows(report, BOUNDS_KEY, data, rows_to_json(rows, data))
    return report, [*probe_data.notes[:2], *table(rows)]


def table(rows: Sequence[BoundRow]) -> list[str]:
    """Lines for the terminal: one block per label."""
    return grouped_table(
        rows,
        key=lambda row: row.label,
        title=lambda block: (
            f"{block[0].label}: H = {block[0].entropy:.2f} bits, {block[0].classes} classes, n = {block[0].n}, "
            f"{block[0].groups} groups"
        ),
        head=("representation", "probe", "bits", "accuracy, %", "margin: 5, 50, 95 %"),
        cells=lambda row: (
            row.representation,
            row.family,
            format_interval((row.bits, row.low, row.high)),
            f"{100 * row.accuracy:.1f}",
            "" if row.margins is None else " ".join(f"{value:+.2f}" for value in row.margins),
        ),
    )
