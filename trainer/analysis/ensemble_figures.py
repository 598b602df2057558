"""The figures of an ensemble: its matrix, the hot spots in it, and what fusion makes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trainer.analysis.plots import COLOURS, Figure, error, figure
from trainer.bundle import Ensemble

_MOST_CELLS = 400
"""Channels a side that a picture shows; of more, one in so many."""


def ensemble_figures(ensemble: Ensemble) -> dict[str, Figure]:
    """Every figure that `ensemble` has the numbers for, by name."""
    made = {name: make(ensemble) for name, make in _MAKERS.items()}
    return {name: one for name, one in made.items() if one is not None}


def _channels(ensemble: Ensemble) -> Figure | None:
    """NMI of each two channels, and of channels with labels, in OPTICS' order."""
    shown = np.array(ensemble.order)[:: -(-len(ensemble.order) // _MOST_CELLS)]
    names = [_name(ensemble, number) for number in shown.tolist()]
    nmi = ensemble.nmi.unpacked()[np.ix_(shown, shown)]
    labels = [[one.nmi[number] for number in shown.tolist()] for one in ensemble.labels]
    heat = {
        "type": "heatmap",
        "z": [*nmi.round(3).tolist(), *labels],
        "x": names,
        "y": [*names, *(one.label for one in ensemble.labels)],
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Viridis",
        "colorbar": {"title": {"text": "NMI"}},
    }
    made = figure("What each two channels share, in the order of OPTICS", [heat], "channel", "channel, then label")
    for axis in ("xaxis", "yaxis"):
        made["layout"][axis]["showticklabels"] = len(names) <= 40
    return made


def _hot_spots(ensemble: Ensemble) -> Figure | None:
    """Reachability in OPTICS' order, with the valleys coloured."""
    spot_of = {number: index for index, spot in enumerate(ensemble.hot_spots) for number in spot.channels}
    values = [ensemble.reachability[number] for number in ensemble.order]
    highest = max((value for value in values if value is not None), default=1.0)
    groups: dict[int | None, list[int]] = {}
    for place, number in enumerate(ensemble.order):
        groups.setdefault(spot_of.get(number), []).append(place)
    bars = []
    for spot, places in groups.items():
        numbers = [ensemble.order[place] for place in places]
        found = [values[place] for place in places]
        bars.append(
            {
                "type": "bar",
                "name": "no hot spot" if spot is None else _spot_name(ensemble, spot),
                "x": places,
                "y": [highest if value is None else value for value in found],
                "text": [_name(ensemble, number) for number in numbers],
                "textposition": "none",
                "marker": {"color": "#BBBBBB" if spot is None else COLOURS[spot % len(COLOURS)]},
            }
        )
    title = "Reachability: valleys are fragments of information that training finds again"
    unit = "-ln NMI" if ensemble.distance == "nmi" else "VI, bits"
    made = figure(title, bars, "channel, in the order of OPTICS", f"reachability, {unit}")
    made["layout"]["bargap"] = 0
    return made


def _fusion(ensemble: Ensemble) -> Figure | None:
    """The fused channel beside the best member, measure by measure."""
    if not ensemble.fusion:
        return None
    names = [f"hot spot {row.spot}: {row.measure}{', bits' if row.unit else ''}" for row in ensemble.fusion]
    bars = []
    for index, (name, picked) in enumerate(
        (("fused", [row.fused for row in ensemble.fusion]), ("best member", [row.best for row in ensemble.fusion]))
    ):
        bars.append(
            {
                "type": "bar",
                "name": name,
                "x": names,
                "y": [one.value for one in picked],
                "error_y": error([(one.value, one.low, one.high) for one in picked]),
                "marker": {"color": COLOURS[index]},
            }
        )
    return figure("A channel fused from a hot spot, beside the best of its members", bars, "", "")


_MAKERS: dict[str, Callable[[Ensemble], Figure | None]] = {
    "channels": _channels,
    "hotspots": _hot_spots,
    "fusion": _fusion,
}


def _name(ensemble: Ensemble, number: int) -> str:
    channel = ensemble.channels[number]
    return f"{ensemble.members[channel.member].member}, module {channel.module}, dimension {channel.dim}"


def _spot_name(ensemble: Ensemble, number: int) -> str:
    labels = ensemble.hot_spots[number].labels
    return f"hot spot {number}" + (f", nearest {labels[0].label} (NMI {labels[0].nmi.value:.2f})" if labels else "")
