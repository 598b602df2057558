"""Layer curves: probe results of every layer for every label, with baselines and controls.

One figure contains all labels and measures; its menu selects one. The `meta` of each trace names its label and measure,
so that a page can have its own menu.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, cycle
from typing import Any

from trainer.bundle import Report
from trainer.figures.plotting import (
    COLOURS,
    GREY,
    Figure,
    Interval,
    Rows,
    Trace,
    error_bars,
    latest_rows,
    layer_name,
    make_figure,
)
from trainer.metrics.probing.information_bounds import BOUNDS_KEY
from trainer.metrics.probing.pooling import LOG_MEL, UNTRAINED
from trainer.metrics.probing.tasks import SHUFFLED_LABELS

LINEAR = "linear"
Row = Mapping[str, Any]

_FAMILY_COLOURS = (COLOURS[0], COLOURS[1], COLOURS[4], COLOURS[6])
_UNTRAINED_COLOUR, _LOG_MEL_COLOUR = COLOURS[2], COLOURS[3]
_FIRST_LABEL = "phone"
_TITLE = "Probe results by layer"
_EDGE = 0.35  # extent of horizontal lines beyond the first and last layer
_OFFSET = 0.05  # between curves, so that none hides another


def _bits(row: Row) -> Interval:
    return row["bits"], row["low"], row["high"]


def _accuracy(row: Row) -> Interval:
    value = 100 * row["accuracy"]
    # Rows of older reports have no intervals
    return value, 100 * row.get("accuracy_low", row["accuracy"]), 100 * row.get("accuracy_high", row["accuracy"])


def _margin(row: Row) -> Interval | None:
    """Median, 5th and 95th percentile."""
    if row["margins"] is None:
        return None
    low, middle, high = row["margins"]
    return middle, low, high


_MEASURES: dict[str, tuple[str, Callable[[Row], Interval | None]]] = {
    "bits": ("bits (lower bound); bars: 95 % interval", _bits),
    "accuracy": ("classifier accuracy, %; bars: 95 % interval", _accuracy),
    "margin": ("margin (median); bars: 5th to 95th percentile", _margin),
}


def layers_figure(report: Report) -> Figure | None:
    """Curves of every label and measure, phones first; the first label's bits are visible. None without rows."""
    rows = latest_rows(report, BOUNDS_KEY)
    if not rows:
        return None
    labels = sorted(dict.fromkeys(row["label"] for row in rows), key=lambda label: label != _FIRST_LABEL)
    layers = list(dict.fromkeys(row["representation"] for row in rows if _is_own(row)))
    choices = [(label, measure) for label in labels for measure in _MEASURES]
    traces = [
        trace | {"meta": {"label": label, "measure": measure}, "visible": (label, measure) == choices[0]}
        for label, measure in choices
        for trace in _traces([row for row in rows if row["label"] == label], measure, layers)
    ]
    made = make_figure(_TITLE, traces, "", _MEASURES["bits"][0])
    made["layout"]["xaxis"] |= {
        "tickvals": list(range(1, len(layers) + 1)),
        "ticktext": [layer_name(layer) for layer in layers],
        "range": [1 - _EDGE - _OFFSET, len(layers) + _EDGE + _OFFSET],
    }
    made["layout"]["meta"] = {
        "labels": {label: _label_meta(next(row for row in rows if row["label"] == label)) for label in labels},
        "measures": {name: title for name, (title, _) in _MEASURES.items()},
        "data": rows[0]["data"],
    }
    made["layout"]["updatemenus"] = [_menu(traces, choices)]
    return made


def _label_meta(row: Row) -> dict[str, Any]:
    return {"entropy": row["entropy"], "classes": row["classes"], "n": row["n"], "groups": row["groups"]}


def _menu(traces: list[Trace], choices: list[tuple[str, str]]) -> dict[str, Any]:
    def button(label: str, measure: str) -> dict[str, Any]:
        meta = {"label": label, "measure": measure}
        visible = {"visible": [trace["meta"] == meta for trace in traces]}
        axis = {"yaxis.title.text": _MEASURES[measure][0]}
        return {"label": f"{label}: {measure}", "method": "update", "args": [visible, axis]}

    return {"buttons": [button(*choice) for choice in choices], "x": 1, "xanchor": "right", "y": 1.15}


def _traces(rows: Rows, measure: str, layers: list[str]) -> Iterator[Trace]:
    """Traces of one label: a curve for each family of probes, then the baselines and controls of the linear probe."""
    families = list(dict.fromkeys(row["family"] for row in rows))
    offsets = count(-1)
    for family, tone in zip(families, cycle(_FAMILY_COLOURS), strict=False):
        own = [row for row in rows if row["family"] == family and _is_own(row)]
        name = f"{family} probe" if family == LINEAR else layer_name(family)
        yield from _curve(own, measure, layers, name, tone, next(offsets) * _OFFSET)
    linear = [row for row in rows if row["family"] == LINEAR]
    untrained = [row for row in linear if row["representation"].startswith(UNTRAINED)]
    yield from _curve(
        untrained, measure, layers, f"{UNTRAINED}, {LINEAR}", _UNTRAINED_COLOUR, next(offsets) * _OFFSET, "dot"
    )
    for row in linear:
        if row["representation"] == LOG_MEL:
            yield from _level(_MEASURES[measure][1](row), layers, f"{LOG_MEL}, {LINEAR}", _LOG_MEL_COLOUR, "dash")
        elif row["representation"].startswith(SHUFFLED_LABELS):
            yield from _curve([row], measure, layers, SHUFFLED_LABELS, GREY, next(offsets) * _OFFSET)
    if measure == "bits" and rows:
        ceiling = rows[0]["entropy"]
        yield from _level((ceiling, ceiling, ceiling), layers, "H(Y), upper limit", GREY, "longdash")


def _curve(
    rows: Rows, measure: str, layers: list[str], name: str, colour: str, offset: float, dash: str = "solid"
) -> Iterator[Trace]:
    """Values by layer; no trace without values."""
    found = [(row, interval) for row in rows if (interval := _MEASURES[measure][1](row)) is not None]
    if not found:
        return
    intervals = [interval for _, interval in found]
    yield {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [round(_place(row, layers) + offset, 3) for row, _ in found],
        "y": [value for value, _, _ in intervals],
        "error_y": error_bars(intervals) | {"thickness": 1.2, "width": 3},
        "text": [layer_name(row["representation"]) for row, _ in found],
        "hovertemplate": "%{text}: %{y:.2f}",
        "line": {"color": colour, "dash": dash},
        "marker": {"symbol": "x" if name == SHUFFLED_LABELS else "circle", "size": 7},
    }


def _level(interval: Interval | None, layers: list[str], name: str, colour: str, dash: str) -> Iterator[Trace]:
    """Horizontal line for a value that is the same at every layer, with its interval at the left end."""
    if interval is None:
        return
    value, low, high = interval
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [1 - _EDGE, len(layers) + _EDGE],
        "y": [value, value],
        "hovertemplate": "%{y:.2f}",
        "line": {"color": colour, "dash": dash},
    }
    if low < high:
        bars = error_bars([interval, (value, value, value)])
        trace["error_y"] = bars | {"thickness": 1.2, "width": 3}
    yield trace


def _is_own(row: Row) -> bool:
    name = row["representation"]
    return not (name == LOG_MEL or name.startswith((UNTRAINED, SHUFFLED_LABELS)))


def _place(row: Row, layers: list[str]) -> int:
    """Position of the row's layer, from 1; a control is at the layer that it is a control of."""
    name = row["representation"]
    return next((place for place, layer in enumerate(layers, 1) if layer in name), len(layers))
