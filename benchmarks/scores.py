"""Scores on held-out words: kept as JSON, one file a row of the table, and held against one another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.metrics.probing.pooling import LOG_MEL, UNTRAINED
from trainer.metrics.statistics.bootstrap import bootstrap_ratio


@dataclass(frozen=True)
class Score:
    """A row on one label: `representation` is the one chosen, with its accuracy on the development folds, and
    `right` of `of` examples of each test word, words in the order of their names; `of` is 0 for the words of a fold the
    row was not trained for. `accuracies`: of every representation on the test folds; not to be chosen from.
    """

    row: str
    label: str
    pooling: str
    representation: str
    development: float
    right: list[int]
    of: list[int]
    accuracies: dict[str, float]


def table(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """A line for each score: accuracy with its interval over words, and paired differences, with the same pooling, to
    log-mel, to the row `untrained` (the paper's architecture), and to the row's own architecture untrained, where these
    have been measured.
    """
    by = {(one.row, one.label, one.pooling): one for one in scores}
    lines = []
    for one in scores:
        tested = np.array(one.of) > 0
        found = bootstrap_ratio(np.array(one.right)[tested].tolist(), np.array(one.of)[tested].tolist())
        lines.append(
            {
                "row": one.row,
                "label": one.label,
                "pooling": one.pooling,
                "representation": one.representation,
                "accuracy": found.mean,
                "low": found.low,
                "high": found.high,
                "n": sum(one.of),
                "words": int(tested.sum()),
                "development": one.development,
                "over_log_mel": over(one, by.get((LOG_MEL, one.label, one.pooling))),
                "over_untrained": over(one, by.get((UNTRAINED, one.label, one.pooling))),
                "over_own_untrained": over(one, by.get((f"{UNTRAINED} {one.row}", one.label, one.pooling))),
            }
        )
    return lines


def over(one: Score, other: Score | None) -> list[float] | None:
    """By how much `one` is above `other`, paired, and the ends of the interval, on the words both were tested on; None
    where there is no other. Raises ValueError for scores on different recordings.
    """
    if other is None or other is one:
        return None
    of, others = np.array(one.of), np.array(other.of)
    both = (of > 0) & (others > 0) if len(of) == len(others) else np.zeros(len(of), dtype=bool)
    if not both.any() or (of[both] != others[both]).any():
        raise ValueError(f"the rows {one.row!r} and {other.row!r} were not measured on the same recordings")
    found = bootstrap_ratio((np.array(one.right) - np.array(other.right))[both].tolist(), of[both].tolist())
    return [found.mean, found.low, found.high]


def write(folder: Path, row: str, scores: Sequence[Score], **beside: Any) -> Path:
    """Keep a row, with anything else that must be told of it (how long it trained, the command), as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{row}.json"
    lines = ",\n  ".join(json.dumps(asdict(one)) for one in scores)
    file.write_text(f'{{"beside": {json.dumps(beside)},\n "scores": [\n  {lines}]}}\n', encoding="utf-8")
    return file


def read(folder: Path) -> list[Score]:
    """All rows kept in `folder`, by name."""
    files = sorted(folder.glob("*.json"))
    return [Score(**score) for file in files for score in json.loads(file.read_text(encoding="utf-8"))["scores"]]
