"""What the figures have in common: Plotly's JSON, {"data": [...], "layout": {...}}, made without Plotly.

Colours are Okabe and Ito's, which the colour-blind tell apart; they carry nothing that a name or a dash does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainer.bundle import Report

Figure = dict[str, Any]
Trace = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
Interval = tuple[float, float, float]
"""A value and the ends of its interval."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A6D3B")
GREY = "#7F7F7F"


def colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def latest(report: Report, key: str) -> Rows:
    """The rows under `key` of the recordings that were measured last."""
    rows: Rows = (report.model_extra or {}).get(key, [])
    return [row for row in rows if row["data"] == rows[-1]["data"]]


def line(index: int, name: str, x: Sequence[Any], y: Sequence[float]) -> Trace:
    """A line with a marker at each of its points, in the colour of `index`."""
    return {"type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, "line": {"color": colour(index)}}


def error(intervals: Sequence[Interval]) -> dict[str, Any]:
    """Error bars, which need not be even."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in intervals],
        "arrayminus": [value - low for value, low, _ in intervals],
    }


def figure(title: str, data: Sequence[Trace], x: str, y: str, *, x_type: str = "-", y_type: str = "-") -> Figure:
    layout = {
        "title": {"text": title},
        "xaxis": {"title": {"text": x}, "type": x_type},
        "yaxis": {"title": {"text": y}, "type": y_type},
        "template": "none",
        "legend": {"orientation": "h", "y": -0.25},
    }
    return {"data": list(data), "layout": layout}
