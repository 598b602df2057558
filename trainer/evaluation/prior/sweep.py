"""Measurement of the runs of a sweep, stored run by run in sweep.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from trainer.bundle import digest, write_json
from trainer.evaluation.prior.tradeoff import SweepEvaluation

RESULTS = "sweep.json"


def measure_sweep(
    paths: Sequence[Path],
    data: Sequence[Path],
    out: Path,
    *,
    preset: str,
    data_name: str,
    clips: int,
    label: str,
) -> list[dict[str, Any]]:
    """Rows of the trade-off for every bundle of `paths`, written to `out`/sweep.json after each.

    Rows of the same weights, recordings and label that are in the file already are kept and not measured again.
    """
    results = out / RESULTS
    earlier = json.loads(results.read_text(encoding="utf-8"))["rows"] if results.exists() else []
    evaluation = SweepEvaluation.prepare(paths, data, clips, label)
    rows: list[dict[str, Any]] = []
    for path in tqdm(paths, desc="measure", unit="run"):
        key = {"data": f"{data_name}, validation", "clips": clips, "digest": digest(path)}
        kept = [row for row in earlier if row["label"] == label and key.items() <= row.items()]
        rows += kept or [{**row, **key} for row in evaluation.rows(path)]
        write_json(results, {"preset": preset, "rows": rows})
    return rows
