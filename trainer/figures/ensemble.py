"""The figures of an ensemble, as Plotly's JSON: the matrix of its channels, its hot spots, and what fusing them gives
(Murphy, Dillavou and Bassett, arXiv 2405.21042).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Ensemble, FusedRow, HotSpot
from trainer.figures.plotting import COLOURS, GREY, Figure, Trace, colour, error, figure

MOST_CELLS = 512
"""A side of the matrix; of more channels, each cell is the mean over neighbours in the order."""
_DIGITS = 3
_LABELS, _MATRIX, _ABOVE = (0.0, 0.2), (0.22, 0.8), (0.82, 1.0)  # from the bottom to the top
Values = NDArray[np.float64]


@dataclass(frozen=True)
class EnsembleMaker:
    """How a figure is made of an ensemble, None where that lacks the numbers, and the `command` that measures them."""

    make: Callable[[Ensemble], Figure | None]
    command: str


def channel_names(ensemble: Ensemble) -> list[str]:
    """A name for each channel that no other has: its model, module and dimension."""
    often = Counter(member.member for member in ensemble.members)
    names = [
        member.member if often[member.member] == 1 else f"{member.member} ({number})"
        for number, member in enumerate(ensemble.members)
    ]
    return [f"{names[one.member]} {one.module}.{one.dim}" for one in ensemble.channels]


def _channels(ensemble: Ensemble) -> Figure | None:
    """NMI of each two channels in OPTICS' order, reachability above, NMI with labels beneath. A hot spot is a
    square along the diagonal and a valley above it.
    """
    order = np.array(ensemble.order)
    step = -(-len(order) // MOST_CELLS)
    starts = np.arange(0, len(order), step)
    names = _named([channel_names(ensemble)[channel] for channel in order], starts, step)
    matrix = ensemble.nmi.unpacked().astype(np.float64)[np.ix_(order, order)]
    cells = _means(_means(matrix, starts).T, starts).T
    reach = [ensemble.reachability[channel] for channel in order]
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
        "y": [_largest(reach[first : first + step]) for first in starts],
        "yaxis": "y2",
        "line": {"color": COLOURS[0], "width": 1, "shape": "hvh"},
        "hovertemplate": "%{x}<br>reachability %{y:.2f}<extra></extra>",
        "meta": {"part": "reachability"},
    }
    made = figure("Channels of all models, in the order in which they are near", [matrix_trace, above], "", "")
    if ensemble.labels:
        told = np.array([one.nmi for one in ensemble.labels], dtype=np.float64)[:, order]
        made["data"].append(
            heat
            | {
                "name": "labels",
                "x": names,
                "y": [one.label for one in ensemble.labels],
                "z": _means(told.T, starts).T.round(_DIGITS).tolist(),
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


def _named(names: list[str], starts: NDArray[np.int64], step: int) -> list[str]:
    if step == 1:
        return names
    return [f"{names[first]} to {names[min(first + step, len(names)) - 1]}" for first in starts]


def _means(values: Values, starts: NDArray[np.int64]) -> Values:
    """Over as many rows as lie from one start to the next [starts, columns]."""
    sizes = np.diff(np.append(starts, len(values)))
    means: Values = np.add.reduceat(values, starts, axis=0) / sizes[:, None]
    return means


def _largest(part: list[float | None]) -> float | None:
    known = [one for one in part if one is not None]
    return round(max(known), _DIGITS) if known else None


def _square(spot: HotSpot, place: dict[int, int], step: int) -> dict[str, Any]:
    """Around the cells of a hot spot, whose channels follow one another in the order."""
    places = [place[channel] // step for channel in spot.channels]
    low, high = min(places) - 0.5, max(places) + 0.5
    line = {"color": COLOURS[1], "width": 1.5}
    return {"type": "rect", "xref": "x", "yref": "y", "x0": low, "x1": high, "y0": low, "y1": high, "line": line}


def _hot_spots(ensemble: Ensemble) -> Figure | None:
    """How much of each label a hot spot's centre holds, and how surely the hot spot is found again."""
    if not ensemble.hot_spots:
        return None
    traces: list[Trace] = []
    known = {label.label for spot in ensemble.hot_spots for label in spot.labels}
    for index, name in enumerate(one.label for one in ensemble.labels if one.label in known):
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
                "error_y": error([(label.nmi.value, label.nmi.low, label.nmi.high) for _, label in found]),
                "text": [f"{label.shared_bits.value:.2f} bits" for _, label in found],
                "textposition": "none",
                "hovertemplate": "%{x}: %{y:.2f} NMI, %{text}",
                "marker": {"color": colour(index)},
                "meta": {"part": "label"},
            }
        )
    for name, symbol, values in (
        ("found again in other recordings", "diamond", [spot.stability for spot in ensemble.hot_spots]),
        ("found again in fewer models", "circle-open", [spot.stability_of_models for spot in ensemble.hot_spots]),
    ):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [_spot(number) for number in range(len(values))],
                "y": [one.value for one in values],
                "error_y": error([(one.value, one.low, one.high) for one in values]),
                "marker": {"color": GREY, "symbol": symbol, "size": 9},
                "meta": {"part": "stability"},
            }
        )
    title = "Which labels hot spots carry, and how surely they are found again"
    return figure(title, traces, "", "NMI with a label, or overlap")


def _fusion(ensemble: Ensemble) -> Figure | None:
    """What the fused channel holds beside the best of its members: bits above, NMI below."""
    if not ensemble.fusion:
        return None
    sides = (("bits", "x", "y", [0.46, 1.0]), ("", "x2", "y2", [0.0, 0.26]))
    traces: list[Trace] = []
    for unit, x, y, _ in sides:
        rows = [row for row in ensemble.fusion if row.unit == unit]
        for index, (name, symbol) in enumerate((("fused", "diamond"), ("best", "circle"))):
            values = [row.fused if name == "fused" else row.best for row in rows]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "fused channel" if name == "fused" else "best of its members",
                    "legendgroup": name,
                    "showlegend": unit == "bits",
                    "y": [_fused(row) for row in rows],
                    "x": [one.value for one in values],
                    "error_x": error([(one.value, one.low, one.high) for one in values]),
                    "marker": {"color": colour(index), "symbol": symbol, "size": 9},
                    "xaxis": x,
                    "yaxis": y,
                    "meta": {"part": name, "unit": unit or "NMI"},
                }
            )
    made = figure("What a channel fused of a hot spot holds; bars: 95 % interval", traces, "bits", "")
    made["layout"]["yaxis"] |= {"domain": sides[0][3], "type": "category", "autorange": "reversed"}
    made["layout"] |= {
        "yaxis2": {"domain": sides[1][3], "anchor": "x2", "type": "category", "autorange": "reversed"},
        "xaxis2": {"title": {"text": "NMI"}, "anchor": "y2"},
    }
    return made


def _spot(number: int) -> str:
    return f"hot spot {number}"


def _fused(row: FusedRow) -> str:
    return f"{row.measure}, {_spot(row.spot)}"


_COMPARE = "python -m trainer analyse channels"
ENSEMBLE_FIGURES: dict[str, EnsembleMaker] = {
    "channels": EnsembleMaker(_channels, _COMPARE),
    "hotspots": EnsembleMaker(_hot_spots, f"{_COMPARE} --min-samples 3"),
    "fusion": EnsembleMaker(_fusion, "python -m trainer analyse fuse"),
}
"""Every figure there may be of an ensemble, by the name it has in addresses."""


def ensemble_figures(ensemble: Ensemble) -> dict[str, Figure]:
    """Every figure that `ensemble` has the numbers for, by name."""
    made = {name: maker.make(ensemble) for name, maker in ENSEMBLE_FIGURES.items()}
    return {name: one for name, one in made.items() if one is not None}
