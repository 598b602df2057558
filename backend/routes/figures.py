"""/models/{model}/figures: what a model's report shows, as charts."""

from __future__ import annotations

import logging

from fastapi import APIRouter
from starlette.responses import Response

from backend.errors import FIGURE_UNKNOWN, MODULE_UNKNOWN, Problem
from backend.http.responses import dump, json_response
from backend.routes.dependencies import EngineOf
from backend.schemas import Figure, FigureList, Points
from backend.schemas.arrays import Array
from backend.store.models import Entry
from trainer.figures.map_points import Latents, Unit, point_maps
from trainer.figures.plotting import Figure as Made
from trainer.figures.report import FIGURES

log = logging.getLogger(__name__)
router = APIRouter(tags=["models"])

# Plain functions: making a figure takes milliseconds, which are not the event loop's.


@router.get("/models/{model}/figures")
def figures(engine: EngineOf, model: str) -> FigureList:
    """The figures there are of a model; analysing it further may add to them."""
    entry = engine.catalogue.get(model)
    return FigureList(figures=[name for name in FIGURES if _made(entry, name) is not None])


@router.get("/models/{model}/figures/{name}", response_model=Figure)
def figure(engine: EngineOf, model: str, name: str) -> Response:
    """One of them, as Plotly's JSON: `Plotly.newPlot(element, answer.data, answer.layout)` draws it."""
    entry = engine.catalogue.get(model)
    if name not in FIGURES:
        raise _unknown(f"No figure has this name; there are {', '.join(FIGURES)}.")
    made = _made(entry, name)
    if made is None:
        raise _unknown(f"The report of {entry.name} lacks what {name} shows; `{FIGURES[name].command}` measures it.")
    return json_response(dump(made))


@router.get("/models/{model}/modules/{module}/points/{unit}")
def points(engine: EngineOf, model: str, module: int, unit: Unit) -> Points:
    """What the points of the figure `map` are in a module's own dimensions, in the order they have there."""
    entry = engine.catalogue.get(model)
    if not 1 <= module <= entry.modules_count:
        raise Problem(MODULE_UNKNOWN, f"This model has modules 1 to {entry.modules_count}.", field="module")
    try:
        maps = [] if entry.report is None else point_maps(entry.report)
    except ValueError:
        maps = []
    found = [part for one in maps if one.unit == unit for part in one.modules if part.module == module]
    if not found:
        detail = f"The report of {entry.name} has no map of {unit}s; `{FIGURES['map'].command}` makes those it can."
        raise Problem(FIGURE_UNKNOWN, detail, field="unit")
    return Points(model=entry.name, module=module, unit=unit, latents=_wire(found[0].latents))


def _wire(latents: Latents) -> Array:
    return Array(shape=list(latents.shape), dtype=latents.dtype, data=latents.data)


def _made(entry: Entry, name: str) -> Made | None:
    """None where the report lacks the numbers, or has something else in their place."""
    if entry.report is None:
        return None
    try:
        return FIGURES[name].make(entry.report)
    except Exception as error:  # a report is a file of somebody's: later parts of it may hold anything
        log.warning("bundle %s: report.json does not hold what the figure %s needs: %r", entry.path, name, error)
        return None


def _unknown(detail: str) -> Problem:
    return Problem(FIGURE_UNKNOWN, detail, field="name")
