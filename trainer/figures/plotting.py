"""Helpers for Plotly figures as JSON, {"data": [...], "layout": {...}}, without importing Plotly.

Colours are Okabe and Ito's colour-blind safe palette; names and dashes carry the same information.
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
    """Colour number `index`, from 0; repeats after the last."""
    return COLOURS[index % len(COLOURS)]


def layer_name(name: str) -> str:
    """`name` of a report, such as "module 1", with the word used in figures and on the page: "layer 1"."""
    return name.replace("module", "layer")


def latest_rows(report: Report, key: str) -> Rows:
    """Rows under `key` of the data that was evaluated last."""
    rows: Rows = (report.model_extra or {}).get(key, [])
    return [row for row in rows if row["data"] == rows[-1]["data"]]


def line_trace(index: int, name: str, x: Sequence[Any], y: Sequence[float]) -> Trace:
    """Line with markers in colour number `index`."""
    return {"type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, "line": {"color": colour(index)}}


def error_bars(intervals: Sequence[Interval]) -> dict[str, Any]:
    """Asymmetric error bars."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in intervals],
        "arrayminus": [value - low for value, low, _ in intervals],
    }


def make_figure(title: str, data: Sequence[Trace], x: str, y: str, *, x_type: str = "-", y_type: str = "-") -> Figure:
    """Figure of `data` with the axis titles `x` and `y`; axis types as in Plotly ("log", "category")."""
    layout = {
        "title": {"text": title},
        "xaxis": {"title": {"text": x}, "type": x_type},
        "yaxis": {"title": {"text": y}, "type": y_type},
        "template": "none",
        "legend": {"orientation": "h", "y": -0.25},
    }
    return {"data": list(data), "layout": layout}
