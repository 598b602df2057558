"""Figures of an ensemble as Plotly JSON: channel similarity, hot spots and fused channels (arXiv 2405.21042)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Ensemble, FusedRow, HotSpot
from trainer.figures.plotting import COLOURS, GREY, Figure, Trace, colour, error_bars, make_figure

MAX_CELLS = 512
"""Maximum side of the matrix; with more channels, a cell is the mean over neighbours in the order."""
_DIGITS = 3
_LABELS, _MATRIX, _ABOVE = (0.0, 0.2), (0.22, 0.8), (0.82, 1.0)  # vertical domains, bottom to top
Values = NDArray[np.float64]


@dataclass(frozen=True)
class EnsembleFigureSpec:
    """Makes a figure of an ensemble, or None without its numbers; `command` measures them."""

    make: Callable[[Ensemble], Figure | None]
    command: str


def channel_names(ensemble: Ensemble) -> list[str]:
    """Unique name of each channel: model, module.dimension."""
    counts = Counter(member.member for member in ensemble.members)
    names = [
        member.member if counts[member.member] == 1 else f"{member.member} ({number})"
        for number, member in enumerate(ensemble.members)
    ]
    return [f"{names[one.member]} {one.module}.{one.dim}" for one in ensemble.channels]


def _channels(ensemble: Ensemble) -> Figure | None:
    """NMI of all pairs of channels in OPTICS order, with the reachability above and NMI with labels below.

    A hot spot is a square on the diagonal and a valley above it.
    """
    order = np.array(ensemble.order)
    step = -(-len(order) // MAX_CELLS)
    starts = np.arange(0, len(order), step)
    names = _cell_names([channel_names(ensemble)[channel] for channel in order], starts, step)
    matrix = ensemble.nmi.unpacked().astype(np.float64)[np.ix_(order, order)]
    cells = _means(_means(matrix, starts).T, starts).T
    reachability = [ensemble.reachability[channel] for channel in order]
    heat = {"type": "heatmap", "zmin": 0, "zmax": 1, "colorscale": "Cividis"}
    matrix_trace: Trace = heat | {
        "name": "NMI",
        "x": names,
        "y": names,
        "z": cells.round(_DIGITS).tolist(),
        "hovertemplate": "%{x}<br>%{y}<br>NMI %{z:.2f}<extra></extra>",
        "colorbar": {"title": {"text": "NMI"}, "thickness": 10, "len": 0.5, "y": 0.25},
        "meta": {"part": "matrix"},
    }
    above: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "reachability",
        "x": names,
        "y": [_largest(reachability[first : first + step]) for first in starts],
        "yaxis": "y2",
        "line": {"color": COLOURS[0], "width": 1, "shape": "hvh"},
        "hovertemplate": "%{x}<br>reachability %{y:.2f}<extra></extra>",
        "meta": {"part": "reachability"},
    }
    made = make_figure("Similarity of all channels, in OPTICS order", [matrix_trace, above], "", "")
    if ensemble.labels:
        label_nmi = np.array([one.nmi for one in ensemble.labels], dtype=np.float64)[:, order]
        made["data"].append(
            heat
            | {
                "name": "labels",
                "x": names,
                "y": [one.label for one in ensemble.labels],
                "z": _means(label_nmi.T, starts).T.round(_DIGITS).tolist(),
                "yaxis": "y3",
                "showscale": False,
                "hovertemplate": "%{x}<br>NMI with %{y} %{z:.2f}<extra></extra>",
                "meta": {"part": "labels"},
            }
        )
    unticked = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
    distance = "-ln NMI" if ensemble.distance == "nmi" else "VI, bits"
    place = {channel: index for index, channel in enumerate(ensemble.order)}
    made["layout"] |= {
        "showlegend": False,
        "xaxis": unticked | {"type": "category", "anchor": "y3"},
        "yaxis": unticked | {"domain": list(_MATRIX), "type": "category", "autorange": "reversed"},
        "yaxis2": {"domain": list(_ABOVE), "title": {"text": distance}, "rangemode": "tozero", "nticks": 4},
        "yaxis3": {
            "domain": list(_LABELS),
            "type": "category",
            "dtick": 1,
            "showgrid": False,
            "autorange": "reversed",
        },
        "shapes": [_square(spot, place, step) for spot in ensemble.hot_spots],
        "meta": {"step": step, "order": list(ensemble.order), "data": ensemble.data},
    }
    return made


def _cell_names(names: list[str], starts: NDArray[np.int64], step: int) -> list[str]:
    if step == 1:
        return names
    return [f"{names[first]} to {names[min(first + step, len(names)) - 1]}" for first in starts]


def _means(values: Values, starts: NDArray[np.int64]) -> Values:
    """Means of the rows from each start to the next [starts, columns]."""
    sizes = np.diff(np.append(starts, len(values)))
    means: Values = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
    return means


def _largest(part: list[float | None]) -> float | None:
    finite = [one for one in part if one is not None]
    return round(max(finite), _DIGITS) if finite else None


def _square(spot: HotSpot, place: dict[int, int], step: int) -> dict[str, Any]:
    """Square around the cells of a hot spot, whose channels are consecutive in the order."""
    places = [place[channel] // step for channel in spot.channels]
    low, high = min(places) - 0.5, max(places) + 0.5
    line = {"color": COLOURS[1], "width": 1.5}
    return {"type": "rect", "xref": "x", "yref": "y", "x0": low, "x1": high, "y0": low, "y1": high, "line": line}


def _hot_spots(ensemble: Ensemble) -> Figure | None:
    """NMI of each hot spot's centre with labels, and the stability of the hot spot. None without hot spots."""
    if not ensemble.hot_spots:
        return None
    traces: list[Trace] = []
    labels = {label.label for spot in ensemble.hot_spots for label in spot.labels}
    for index, name in enumerate(one.label for one in ensemble.labels if one.label in labels):
        found = [
            (number, label)
            for number, spot in enumerate(ensemble.hot_spots)
            for label in spot.labels
            if label.label == name
        ]
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": [_spot(number) for number, _ in found],
                "y": [label.nmi.value for _, label in found],
                "error_y": error_bars([(label.nmi.value, label.nmi.low, label.nmi.high) for _, label in found]),
                "text": [f"{label.shared_bits.value:.2f} bits" for _, label in found],
                "textposition": "none",
                "hovertemplate": "%{x}: %{y:.2f} NMI, %{text}",
                "marker": {"color": colour(index)},
                "meta": {"part": "label"},
            }
        )
    for name, symbol, values in (
        ("stability over recordings", "diamond", [spot.stability for spot in ensemble.hot_spots]),
        ("stability over models", "circle-open", [spot.stability_of_models for spot in ensemble.hot_spots]),
    ):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [_spot(number) for number in range(len(values))],
                "y": [one.value for one in values],
                "error_y": error_bars([(one.value, one.low, one.high) for one in values]),
                "marker": {"color": GREY, "symbol": symbol, "size": 9},
                "meta": {"part": "stability"},
            }
        )
    title = "Labels and stability of hot spots"
    return make_figure(title, traces, "", "NMI with the label; stability")


def _fusion(ensemble: Ensemble) -> Figure | None:
    """Fused channels compared with their best member: bits above, NMI below. None without fusion."""
    if not ensemble.fusion:
        return None
    panels = (("bits", "x", "y", [0.46, 1.0]), ("", "x2", "y2", [0.0, 0.26]))
    traces: list[Trace] = []
    for unit, x, y, _ in panels:
        rows = [row for row in ensemble.fusion if row.unit == unit]
        for index, (name, symbol) in enumerate((("fused", "diamond"), ("best", "circle"))):
            values = [row.fused if name == "fused" else row.best for row in rows]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "fused channel" if name == "fused" else "best member",
                    "legendgroup": name,
                    "showlegend": unit == "bits",
                    "y": [_fused(row) for row in rows],
                    "x": [one.value for one in values],
                    "error_x": error_bars([(one.value, one.low, one.high) for one in values]),
                    "marker": {"color": colour(index), "symbol": symbol, "size": 9},
                    "xaxis": x,
                    "yaxis": y,
                    "meta": {"part": name, "unit": unit or "NMI"},
                }
            )
    made = make_figure("Channels fused from hot spots; bars: 95 % interval", traces, "bits", "")
    made["layout"]["yaxis"] |= {"domain": panels[0][3], "type": "category", "autorange": "reversed"}
    made["layout"] |= {
        "yaxis2": {"domain": panels[1][3], "anchor": "x2", "type": "category", "autorange": "reversed"},
        "xaxis2": {"title": {"text": "NMI"}, "anchor": "y2"},
    }
    return made


def _spot(number: int) -> str:
    return f"hot spot {number}"


def _fused(row: FusedRow) -> str:
    return f"{row.measure}, {_spot(row.spot)}"


_COMPARE = "python -m trainer analyse channels"
ENSEMBLE_FIGURES: dict[str, EnsembleFigureSpec] = {
    "channels": EnsembleFigureSpec(_channels, _COMPARE),
    "hotspots": EnsembleFigureSpec(_hot_spots, f"{_COMPARE} --min-samples 3"),
    "fusion": EnsembleFigureSpec(_fusion, "python -m trainer analyse fuse-channels"),
}
"""All figures of an ensemble by the name they have in addresses."""


def ensemble_figures(ensemble: Ensemble) -> dict[str, Figure]:
    """Every figure for which `ensemble` has the numbers, by name."""
    made = {name: spec.make(ensemble) for name, spec in ENSEMBLE_FIGURES.items()}
    return {name: one for name, one in made.items() if one is not None}
