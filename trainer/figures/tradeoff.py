"""Trade-off figure: probe accuracy against distance from N(0, I), for the KL term and for dim-noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.figures.plotting import Figure, error_bars, line_trace, make_figure

TRADEOFF_KEY = "tradeoff"
"""Key of a report: rows of a sweep."""
BETA, NOISE = "beta", "noise"
METHOD_NAMES = {BETA: "KL term (beta)", NOISE: "dim-noise (variance)"}
Rows = Sequence[Mapping[str, Any]]


def tradeoff_figure(rows: Rows, measure: str = "accuracy") -> Figure | None:
    """Accuracy (or bits) of the deepest layer against the sliced Wasserstein distance; None without rows.

    One line per method: means over seeds, with bars from the lowest to the highest end of the seeds' intervals. The
    seeds themselves are open circles.
    """
    if not rows:
        return None
    deepest = max(row["module"] for row in rows)
    data: list[Figure] = []
    for index, method in enumerate(METHOD_NAMES):
        own = [row for row in rows if row["module"] == deepest and row["road"] == method]
        if not own:
            continue
        values = sorted({row["value"] for row in own})
        seeds = [[row for row in own if row["value"] == value] for value in values]
        x = [float(np.mean([row["sliced_wasserstein"] for row in each])) for each in seeds]
        means = [float(np.mean([row[measure][0] for row in each])) for each in seeds]
        lows, highs = (
            [pick([row[measure][end] for row in each]) for each in seeds] for end, pick in ((1, min), (2, max))
        )
        mean_line = line_trace(index, METHOD_NAMES[method], x, means)
        bars = error_bars(list(zip(means, lows, highs, strict=True)))
        data.append(mean_line | {"error_y": bars, "text": [f"{method} {value:g}" for value in values]})
        points = line_trace(
            index, f"{METHOD_NAMES[method]}, single seeds", [row["sliced_wasserstein"] for row in own], []
        )
        data.append(
            points
            | {
                "y": [row[measure][0] for row in own],
                "mode": "markers",
                "marker": {"symbol": "circle-open", "color": points["line"]["color"]},
                "text": [f"{method} {row['value']:g}, seed {row['seed']}" for row in own],
            }
        )
    label = rows[0]["label"]
    y = f"classifier accuracy, {label}" if measure == "accuracy" else f"bits about {label}"
    title = f"Information against distance from the prior, layer {deepest}"
    return make_figure(title, data, "sliced Wasserstein distance from N(0, I)", y)
