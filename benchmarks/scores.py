"""Probe scores on held-out words: storage as JSON, one file per model, and paired comparisons."""

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
    """The score of model `row` on one label.

    `representation`: chosen by its accuracy on the development folds, `development`. `right`: correct of `of` examples
    per test word, words in alphabetical order; `of` is 0 for words of folds without a bundle. `accuracies`: of every
    representation on the test folds, for information only.
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
    """One line per score: accuracy with its interval over words, and paired differences.

    The differences are to log-mel, to the model `untrained` (the paper's architecture) and to the model's own untrained
    architecture, with the same pooling, where these scores exist.
    """
    by_key = {(one.row, one.label, one.pooling): one for one in scores}
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
                "over_log_mel": over(one, by_key.get((LOG_MEL, one.label, one.pooling))),
                "over_untrained": over(one, by_key.get((UNTRAINED, one.label, one.pooling))),
                "over_own_untrained": over(one, by_key.get((f"{UNTRAINED} {one.row}", one.label, one.pooling))),
            }
        )
    return lines


def over(one: Score, other: Score | None) -> list[float] | None:
    """The paired difference `one` - `other` and the ends of its interval, on the words of both; None without `other`.

    Raises ValueError for scores on different recordings.
    """
    if other is None or other is one:
        return None
    of, others = np.array(one.of), np.array(other.of)
    both = (of > 0) & (others > 0) if len(of) == len(others) else np.zeros(len(of), dtype=bool)
    if not both.any() or (of[both] != others[both]).any():
        raise ValueError(f"the rows {one.row!r} and {other.row!r} were not measured on the same recordings")
    found = bootstrap_ratio((np.array(one.right) - np.array(other.right))[both].tolist(), of[both].tolist())
    return [found.mean, found.low, found.high]


def write(folder: Path, row: str, scores: Sequence[Score], **details: Any) -> Path:
    """Write the scores of a model with further details (such as its training time) as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{row}.json"
    lines = ",\n  ".join(json.dumps(asdict(one)) for one in scores)
    file.write_text(f'{{"beside": {json.dumps(details)},\n "scores": [\n  {lines}]}}\n', encoding="utf-8")
    return file


def read(folder: Path) -> list[Score]:
    """All scores in `folder`, sorted by file name."""
    files = sorted(folder.glob("*.json"))
    return [Score(**score) for file in files for score in json.loads(file.read_text(encoding="utf-8"))["scores"]]
