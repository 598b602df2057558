"""Figures of models and ensembles as Plotly JSON, and the points of the map."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from backend.errors import FIGURE_UNKNOWN, Problem
from backend.http.responses import json_response, to_json
from backend.routes.dependencies import EngineDep
from backend.schemas import Array, Figure, FigureList, Points
from backend.store.models import ModelRecord
from trainer.figures import plotting
from trainer.figures.ensemble import ENSEMBLE_FIGURES, EnsembleFigureSpec
from trainer.figures.map_points import PointMap, Unit, point_maps
from trainer.figures.report import FIGURES, FigureSpec

log = logging.getLogger(__name__)
router = APIRouter()

Specs = Mapping[str, FigureSpec] | Mapping[str, EnsembleFigureSpec]
"""How each figure is made from a report or an ensemble, and the command that measures its data."""

# Plain functions, which FastAPI runs in threads: making a figure takes milliseconds and must not block the event loop.


@router.get("/models/{model}/figures", tags=["models"])
def figures(engine: EngineDep, model: str) -> FigureList:
    """Names of the figures of a model. Further analysis may add some."""
    record = engine.models.get(model)
    return FigureList(figures=available_figures(FIGURES, record.report, record.path))


@router.get("/models/{model}/figures/{name}", response_model=Figure, tags=["models"])
def figure(engine: EngineDep, model: str, name: str) -> Response:
    """One figure as Plotly JSON: `Plotly.newPlot(element, response.data, response.layout)` draws it."""
    record = engine.models.get(model)
    return _figure_response(FIGURES, name, record.report, record.path, f"model {record.name}")


@router.get("/ensembles/{ensemble}/figures/{name}", name="figure", response_model=Figure, tags=["ensembles"])
def ensemble_figure(engine: EngineDep, ensemble: str, name: str) -> Response:
    """One figure as Plotly JSON: `Plotly.newPlot(element, response.data, response.layout)` draws it."""
    record = engine.ensembles.get(ensemble)
    return _figure_response(ENSEMBLE_FIGURES, name, record.ensemble, record.path, f"ensemble {record.name}")


@router.get("/models/{model}/modules/{module}/points/{unit}", tags=["models"])
def points(engine: EngineDep, model: str, module: int, unit: Unit) -> Points:
    """Latents of the points of the figure `map` at one module, in the order of the figure."""
    record = engine.models.get(model)
    record.check_module(module)
    for point_map in _point_maps(record):
        for part in point_map.modules:
            if point_map.unit == unit and part.module == module:
                array = Array(shape=list(part.latents.shape), dtype=part.latents.dtype, data=part.latents.data)
                return Points(model=record.name, module=module, unit=unit, latents=array)
    detail = f"unit: model {record.name} has no map of {unit}s; run `{FIGURES['map'].command}` to make one."
    raise Problem(FIGURE_UNKNOWN, detail, field="unit")


def available_figures(specs: Specs, source: Any, path: Path) -> list[str]:
    """Names of the figures that can be made from `source`, the report or ensemble at `path`."""
    return [name for name in specs if _make(specs, name, source, path) is not None]


def _figure_response(specs: Specs, name: str, source: Any, path: Path, owner: str) -> Response:
    if name not in specs:
        raise Problem(FIGURE_UNKNOWN, f"name: must be one of {', '.join(specs)}.", field="name")
    made = _make(specs, name, source, path)
    if made is None:
        detail = f"name: {owner} lacks the data for {name}; run `{specs[name].command}` to measure it."
        raise Problem(FIGURE_UNKNOWN, detail, field="name")
    return json_response(to_json(made))


def _make(specs: Specs, name: str, source: Any, path: Path) -> plotting.Figure | None:
    """Figure `name`, or None if its data is missing or invalid."""
    if source is None:
        return None
    try:
        return specs[name].make(source)
    except Exception as error:  # reports and ensembles are files from users and may contain anything
        log.warning("%s has invalid data for the figure %s: %r", path, name, error)
        return None


def _point_maps(record: ModelRecord) -> list[PointMap]:
    try:
        return [] if record.report is None else point_maps(record.report)
    except ValueError:  # the report's map is invalid
        return []
