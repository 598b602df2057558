"""Rows of results in report.json: one dataclass instance or mapping per row, in a list under a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Report
from trainer.evaluation.text_table import Interval
from trainer.metrics.probing.information_bounds import pointwise_information
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_mean
from trainer.metrics.statistics.clip_scores import ClipScores

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = dict[str, Any]


def replace_rows(report: Report, key: str, data: str, rows: Iterable[Mapping[str, Any]]) -> Report:
    """`report` with `rows` under `key`, in place of earlier rows with the same `data` (the name of the recordings)."""
    kept = [row for row in rows_of(report, key) if row["data"] != data]
    return report.model_copy(update={key: [*kept, *rows]})


def rows_of(report: Report, key: str) -> list[Row]:
    """The rows under `key`; empty if there are none."""
    rows: list[Row] = (report.model_extra or {}).get(key, [])
    return rows


def rows_to_json(
    rows: Iterable[DataclassInstance], data: str, *, stored_names: Mapping[str, str] | None = None, **columns: object
) -> list[Row]:
    """Dataclass rows as mappings, each with the name of the recordings and further constant `columns` in front.

    `stored_names`: the key in report.json of every field that has another name there.
    """
    names = stored_names or {}
    fields = ({names.get(name, name): value for name, value in asdict(row).items()} for row in rows)
    return [{"data": data, **columns, **row} for row in fields]


def interval_of(estimate: BootstrapEstimate) -> Interval:
    """(mean, low, high)."""
    return estimate.mean, estimate.low, estimate.high


class ScoreFields(TypedDict):
    """The fields of a row that hold a mean over clips and its paired difference."""

    mean: float
    low: float
    high: float
    n: int
    own_minus_it: Interval | None


def score_fields(score: ClipScores, own: ClipScores | None) -> ScoreFields | None:
    """The mean of `score` over clips with its 95 % interval, and the paired difference `own` - `score`.

    None if the score is undefined for every clip. `own_minus_it` is None without `own`.
    """
    found = score.estimate()
    if found is None:
        return None
    difference = None if own is None else own.paired_difference(score).estimate()
    return ScoreFields(
        mean=found.mean,
        low=found.low,
        high=found.high,
        n=found.n,
        own_minus_it=None if difference is None else interval_of(difference),
    )


def probe_estimates(
    log_probabilities: NDArray[np.float64], classes: NDArray[np.int64], groups: NDArray[Any]
) -> tuple[BootstrapEstimate, BootstrapEstimate]:
    """Accuracy and proven bits (H(Y) - cross-entropy) of a probe, with intervals from resampled groups.

    `log_probabilities` [N, C] of held-out examples, their true `classes` [N] and `groups` [N].
    """
    bits = bootstrap_mean(pointwise_information(log_probabilities, classes), groups=groups)
    correct = (log_probabilities.argmax(1) == classes).astype(np.float64)
    return bootstrap_mean(correct, groups=groups), bits
