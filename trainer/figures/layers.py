"""The layer curves: what probes get out of each module about a label, beside what they must be held against.

One figure holds every label by every measure; its menu shows one of them at a time. Each trace says in `meta` which
label and measure it is of, so that a page may have a menu of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count, cycle
from typing import Any

from trainer.bundle import Report
from trainer.figures.plotting import COLOURS, GREY, Figure, Interval, Rows, Trace, error, figure, latest
from trainer.metrics.probing.information_bounds import BOUNDS_KEY
from trainer.metrics.probing.pooling import LOG_MEL, UNTRAINED
from trainer.metrics.probing.tasks import SHUFFLED

LINEAR = "linear"
Row = Mapping[str, Any]

_OF_FAMILIES = (COLOURS[0], COLOURS[1], COLOURS[4], COLOURS[6])
_OF_UNTRAINED, _OF_LOG_MEL = COLOURS[2], COLOURS[3]
_FIRST = "phone"
_TITLE = "What probes get out of each layer"
_EDGE = 0.35  # how far what is the same at every layer reaches beyond the first and the last
_APART = 0.05  # between what would stand one on another


def _bits(row: Row) -> Interval:
    return row["bits"], row["low"], row["high"]


def _accuracy(row: Row) -> Interval:
    value = 100 * row["accuracy"]
    # Rows that were written before their intervals were measured have none
    return value, 100 * row.get("accuracy_low", row["accuracy"]), 100 * row.get("accuracy_high", row["accuracy"])


def _margin(row: Row) -> Interval | None:
    """Its median, and the 5th and 95th percentile."""
    if row["margins"] is None:
        return None
    low, middle, high = row["margins"]
    return middle, low, high


_MEASURES: dict[str, tuple[str, Callable[[Row], Interval | None]]] = {
    "bits": ("bits, at least; bars: 95 % interval", _bits),
    "accuracy": ("told right, %; bars: 95 % interval", _accuracy),
    "margin": ("margin, median; bars: 5th to 95th percentile", _margin),
}


def layers_figure(report: Report) -> Figure | None:
    """Every label that was probed, phones before all others, by every measure; the first label's bits are shown."""
    rows = latest(report, BOUNDS_KEY)
    if not rows:
        return None
    labels = sorted(dict.fromkeys(row["label"] for row in rows), key=lambda label: label != _FIRST)
    depths = list(dict.fromkeys(row["representation"] for row in rows if _is_own(row)))
    choices = [(label, measure) for label in labels for measure in _MEASURES]
    traces = [
        trace | {"meta": {"label": label, "measure": measure}, "visible": (label, measure) == choices[0]}
        for label, measure in choices
        for trace in _traces([row for row in rows if row["label"] == label], measure, depths)
    ]
    made = figure(_TITLE, traces, "", _MEASURES["bits"][0])
    made["layout"]["xaxis"] |= {
        "tickvals": list(range(1, len(depths) + 1)),
        "ticktext": depths,
        "range": [1 - _EDGE - _APART, len(depths) + _EDGE + _APART],
    }
    made["layout"]["meta"] = {
        "labels": {label: _about(next(row for row in rows if row["label"] == label)) for label in labels},
        "measures": {name: title for name, (title, _) in _MEASURES.items()},
        "data": rows[0]["data"],
    }
    made["layout"]["updatemenus"] = [_menu(traces, choices)]
    return made


def _about(row: Row) -> dict[str, Any]:
    return {"entropy": row["entropy"], "classes": row["classes"], "n": row["n"], "groups": row["groups"]}


def _menu(traces: list[Trace], choices: list[tuple[str, str]]) -> dict[str, Any]:
    def button(label: str, measure: str) -> dict[str, Any]:
        chosen = {"label": label, "measure": measure}
        shown = {"visible": [trace["meta"] == chosen for trace in traces]}
        said = {"yaxis.title.text": _MEASURES[measure][0]}
        return {"label": f"{label}: {measure}", "method": "update", "args": [shown, said]}

    return {"buttons": [button(*choice) for choice in choices], "x": 1, "xanchor": "right", "y": 1.15}


def _traces(rows: Rows, measure: str, depths: list[str]) -> Iterator[Trace]:
    """Of one label: a line for each family of probes, then what they are held against, which is told by the linear ones
    alone.
    """
    families = list(dict.fromkeys(row["family"] for row in rows))
    places = count(-1)
    for family, tone in zip(families, cycle(_OF_FAMILIES), strict=False):
        own = [row for row in rows if row["family"] == family and _is_own(row)]
        probe = f"{family} probe" if family == LINEAR else family
        yield from _curve(own, measure, depths, probe, tone, next(places) * _APART)
    linear = [row for row in rows if row["family"] == LINEAR]
    fresh = [row for row in linear if row["representation"].startswith(UNTRAINED)]
    yield from _curve(fresh, measure, depths, f"{UNTRAINED}, {LINEAR}", _OF_UNTRAINED, next(places) * _APART, "dot")
    for row in linear:
        if row["representation"] == LOG_MEL:
            yield from _level(_MEASURES[measure][1](row), depths, f"{LOG_MEL}, {LINEAR}", _OF_LOG_MEL, "dash")
        elif row["representation"].startswith(SHUFFLED):
            yield from _curve([row], measure, depths, SHUFFLED, GREY, next(places) * _APART)
    if measure == "bits" and rows:
        ceiling = rows[0]["entropy"]
        yield from _level((ceiling, ceiling, ceiling), depths, "H(Y), the ceiling", GREY, "longdash")


def _curve(
    rows: Rows, measure: str, depths: list[str], name: str, colour: str, aside: float, dash: str = "solid"
) -> Iterator[Trace]:
    """A value at each depth; nothing where none was measured."""
    found = [(row, interval) for row in rows if (interval := _MEASURES[measure][1](row)) is not None]
    if not found:
        return
    intervals = [interval for _, interval in found]
    yield {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [round(_place(row, depths) + aside, 3) for row, _ in found],
        "y": [value for value, _, _ in intervals],
        "error_y": error(intervals) | {"thickness": 1.2, "width": 3},
        "text": [row["representation"] for row, _ in found],
        "hovertemplate": "%{text}: %{y:.2f}",
        "line": {"color": colour, "dash": dash},
        "marker": {"symbol": "x" if name == SHUFFLED else "circle", "size": 7},
    }


def _level(interval: Interval | None, depths: list[str], name: str, colour: str, dash: str) -> Iterator[Trace]:
    """What is the same at every depth: a line across, its interval at its beginning."""
    if interval is None:
        return
    value, low, high = interval
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [1 - _EDGE, len(depths) + _EDGE],
        "y": [value, value],
        "hovertemplate": "%{y:.2f}",
        "line": {"color": colour, "dash": dash},
    }
    if low < high:
        bars = error([interval, (value, value, value)])
        trace["error_y"] = bars | {"thickness": 1.2, "width": 3}
    yield trace


def _is_own(row: Row) -> bool:
    name = row["representation"]
    return not (name == LOG_MEL or name.startswith((UNTRAINED, SHUFFLED)))


def _place(row: Row, depths: list[str]) -> int:
    """From 1: a control stands where the module stands that it is of."""
    name = row["representation"]
    return next((place for place, depth in enumerate(depths, 1) if depth in name), len(depths))
