"""Maps of each layer's latents: one point per frame, phone or utterance, coloured by phone or speaker.

One figure contains all units and layers; its menu selects one. The layout's `meta` has what the layers share (clip,
time span and labels of each point), for colouring and playback on the page; the `meta` of each trace has the projection
plane, so that other latents can be projected.
"""

from __future__ import annotations

from typing import Any

from trainer.bundle import Report
from trainer.figures.map_points import ModulePoints, Places, PointMap, point_maps
from trainer.figures.plotting import GREY, Figure, Trace, colour, make_figure

PCA, UMAP = "PCA", "UMAP"
_COLOUR_LABELS = {"frame": "phone", "phone": "phone", "utterance": "speaker"}


def map_figure(report: Report) -> Figure | None:
    """Maps of all units and layers; phones of the deepest layer are visible if there are any. None without points."""
    maps = {one.unit: one for one in point_maps(report)}
    traces = [trace for unit in sorted(maps, key=_rank) for trace in _of_unit(maps[unit])]
    if not traces:
        return None
    first = traces[0]["meta"]["unit"]
    visible = max(
        (trace["meta"] for trace in traces if trace["meta"]["unit"] == first), key=lambda meta: meta["module"]
    )
    for trace in traces:
        trace["visible"] = _kind(trace["meta"]) == _kind(visible)
    made = make_figure("Map", traces, "", "")
    made["layout"] |= {
        "meta": {"units": {unit: _shared_meta(one) for unit, one in maps.items()}},
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
    names = [str(value or "") for value in one.labels.get(_COLOUR_LABELS[one.unit], ("",) * len(one.clips))]
    classes = sorted(set(names) - {""})
    plane = {"centre": part.centre, "axes": part.axes, "shares": part.shares} if projection == PCA else {}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{one.unit}s, layer {part.module}, {projection}",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "text": [f"{name} in {clip}" if name else clip for name, clip in zip(names, one.clips, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": [colour(classes.index(name)) if name else GREY for name in names], "size": 7},
        "meta": {"unit": one.unit, "module": part.module, "projection": projection, **plane},
    }


def _shared_meta(one: PointMap) -> dict[str, Any]:
    return one.model_dump(include={"examples", "clips", "start", "end", "labels"})


def _kind(meta: dict[str, Any]) -> tuple[str, int, str]:
    return meta["unit"], meta["module"], meta["projection"]


def _menu(traces: list[Trace]) -> dict[str, Any]:
    def button(trace: Trace) -> dict[str, Any]:
        return {"label": trace["name"], "method": "update", "args": [{"visible": [one is trace for one in traces]}]}

    active = next(index for index, trace in enumerate(traces) if trace["visible"])
    return {"buttons": [button(trace) for trace in traces], "active": active, "x": 1, "xanchor": "right", "y": 1.15}
