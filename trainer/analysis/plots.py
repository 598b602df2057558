"""The pieces of figures: Plotly's JSON, made without Plotly. Colours are Okabe and Ito's, which the colour-blind tell
apart; they carry nothing that a name does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Figure = dict[str, Any]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def line(index: int, name: str, x: Sequence[Any], y: Sequence[float | None]) -> Figure:
    """The `index`-th line, with a mark at each point."""
    colour = COLOURS[index % len(COLOURS)]
    return {"type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, "line": {"color": colour}}


def error(intervals: Sequence[tuple[float, float, float]]) -> Figure:
    """Bars from low to high, of (value, low, high)."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in intervals],
        "arrayminus": [value - low for value, low, _ in intervals],
    }


def figure(title: str, data: Sequence[Figure], x: str, y: str, *, x_type: str = "-", y_type: str = "-") -> Figure:
    """`data` with its axes named."""
    layout = {
        "title": {"text": title},
        "xaxis": {"title": {"text": x}, "type": x_type},
        "yaxis": {"title": {"text": y}, "type": y_type},
        "template": "none",
        "legend": {"orientation": "h", "y": -0.25},
    }
    return {"data": list(data), "layout": layout}
