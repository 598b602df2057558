"""Two roads to N(0, I) in one figure: what probes tell against how far the latents are from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.figures.plotting import Figure, error, figure, line

TRADEOFF_KEY = "tradeoff"
"""Where a report has the rows of a sweep."""
BETA, NOISE = "beta", "noise"
NAMES = {BETA: "KL, by beta", NOISE: "noise, by its variance"}
Rows = Sequence[Mapping[str, Any]]


def tradeoff_figure(rows: Rows, measure: str = "accuracy") -> Figure | None:
    """Of the deepest module: a line for each road, its points the means over seeds, with the seeds' own beside them and
    bars from the least to the largest seed's interval. None without rows.
    """
    if not rows:
        return None
    deepest = max(row["module"] for row in rows)
    data: list[Figure] = []
    for index, road in enumerate(NAMES):
        own = [row for row in rows if row["module"] == deepest and row["road"] == road]
        if not own:
            continue
        values = sorted({row["value"] for row in own})
        at = [[row for row in own if row["value"] == value] for value in values]
        x = [float(np.mean([row["sliced_wasserstein"] for row in each])) for each in at]
        means = [float(np.mean([row[measure][0] for row in each])) for each in at]
        lows, highs = ([pick([row[measure][end] for row in each]) for each in at] for end, pick in ((1, min), (2, max)))
        road_line = line(index, NAMES[road], x, means)
        bars = error(list(zip(means, lows, highs, strict=True)))
        data.append(road_line | {"error_y": bars, "text": [f"{road} {value:g}" for value in values]})
        seeds = line(index, f"{NAMES[road]}, each seed", [row["sliced_wasserstein"] for row in own], [])
        data.append(
            seeds
            | {
                "y": [row[measure][0] for row in own],
                "mode": "markers",
                "marker": {"symbol": "circle-open", "color": seeds["line"]["color"]},
                "text": [f"{road} {row['value']:g}, seed {row['seed']}" for row in own],
            }
        )
    named = f"accuracy of {rows[0]['label']}" if measure == "accuracy" else f"bits about {rows[0]['label']}"
    title = f"What nearness to N(0, I) costs, module {deepest}"
    return figure(title, data, "sliced Wasserstein distance from N(0, I)", named)
