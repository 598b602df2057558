"""Maps of a module's latents: a point for each frame, phone or utterance, coloured by what was said or who spoke.

One figure holds every unit of every module; its menu shows one of them at a time. What is common to the modules (which
clip, from when to when, what is known of it) is in the layout's `meta`, for a page that colours by other labels and
plays what is clicked; each trace's own `meta` has the plane, so that other latents can be put on it.
"""

from __future__ import annotations

from typing import Any

from trainer.bundle import Report
from trainer.figures.map_points import ModulePoints, Places, PointMap, point_maps
from trainer.figures.plotting import GREY, Figure, Trace, colour, figure

PCA, UMAP = "PCA", "UMAP"
_COLOURED_BY = {"frame": "phone", "phone": "phone", "utterance": "speaker"}


def map_figure(report: Report) -> Figure | None:
    """Phones at the deepest module are shown first, where phones are known."""
    maps = {one.unit: one for one in point_maps(report)}
    traces = [trace for unit in sorted(maps, key=_rank) for trace in _of_unit(maps[unit])]
    if not traces:
        return None
    first = traces[0]["meta"]["unit"]
    shown = max((trace["meta"] for trace in traces if trace["meta"]["unit"] == first), key=lambda meta: meta["module"])
    for trace in traces:
        trace["visible"] = _kind(trace["meta"]) == _kind(shown)
    made = figure("Where sounds lie", traces, "", "")
    made["layout"] |= {
        "meta": {"units": {unit: _about(one) for unit, one in maps.items()}},
        "hovermode": "closest",
        "showlegend": False,
        "updatemenus": [_menu(traces)],
    }
    made["layout"]["yaxis"] |= {"scaleanchor": "x"}
    return made


def _rank(unit: str) -> int:
    return ("phone", "frame", "utterance").index(unit)


def _of_unit(one: PointMap) -> list[Trace]:
    traces = []
    for part in one.modules:
        traces.append(_trace(one, part, PCA, part.places))
        if part.neighbours is not None:
            traces.append(_trace(one, part, UMAP, part.neighbours))
    return traces


def _trace(one: PointMap, part: ModulePoints, projection: str, places: Places) -> Trace:
    names = [str(value or "") for value in one.labels.get(_COLOURED_BY[one.unit], ("",) * len(one.clips))]
    known = sorted(set(names) - {""})
    plane = {"centre": part.centre, "axes": part.axes, "shares": part.shares} if projection == PCA else {}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{one.unit}s, module {part.module}, {projection}",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "text": [f"{name} in {clip}" if name else clip for name, clip in zip(names, one.clips, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": [colour(known.index(name)) if name else GREY for name in names], "size": 7},
        "meta": {"unit": one.unit, "module": part.module, "projection": projection, **plane},
    }


def _about(one: PointMap) -> dict[str, Any]:
    return one.model_dump(include={"examples", "clips", "start", "end", "labels"})


def _kind(meta: dict[str, Any]) -> tuple[str, int, str]:
    return meta["unit"], meta["module"], meta["projection"]


def _menu(traces: list[Trace]) -> dict[str, Any]:
    def button(trace: Trace) -> dict[str, Any]:
        return {"label": trace["name"], "method": "update", "args": [{"visible": [one is trace for one in traces]}]}

    active = next(index for index, trace in enumerate(traces) if trace["visible"])
    return {"buttons": [button(trace) for trace in traces], "active": active, "x": 1, "xanchor": "right", "y": 1.15}
