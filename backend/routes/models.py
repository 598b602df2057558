"""/models: models, their dimensions and their example clips."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from backend.errors import DIMENSION_UNKNOWN, EXAMPLE_UNKNOWN, Problem
from backend.routes.dependencies import EngineDep
from backend.schemas import (
    Dimension,
    DimensionDetail,
    Effect,
    Evidence,
    ExampleList,
    ExampleSummary,
    Histogram,
    Label,
    ModelDetail,
    ModelList,
    ModelSummary,
    Module,
)
from backend.store.models import ModelRecord
from trainer import bundle
from trainer.bundle import BundleError, DimensionReport, HistogramReport
from trainer.metrics.probing.dimension_information import FACTORS_KEY

router = APIRouter(tags=["models"])

_SHARE_DIGITS = 5  # finer than a screen shows, and a third of the bytes

# Plain functions, which FastAPI runs in threads: reading bundles must not block the event loop.


@router.get("/models")
def models(engine: EngineDep) -> ModelList:
    """All models, the default first, including those added to a folder of MODELS since the start."""
    return ModelList(
        models=[
            ModelSummary(
                model=record.name, digest=record.digest, sample_rate=record.sample_rate, modules=record.modules_count
            )
            for record in engine.models.records()
        ]
    )


@router.get("/models/{model}")
def model(engine: EngineDep, model: str) -> ModelDetail:
    """Modules of a model and a summary of each dimension."""
    record = engine.models.get(model)
    return ModelDetail(
        model=record.name,
        digest=record.digest,
        sample_rate=record.sample_rate,
        modules=[
            Module(
                module=module,
                dims=dims,
                hop_seconds=geometry.hop_seconds,
                frame_rate=geometry.frame_rate,
                receptive_field_seconds=geometry.receptive_field_seconds,
                first_frame_seconds=geometry.frame_centre_seconds(0),
                dimensions=_dimensions(record, module, dims),
            )
            for module, (geometry, dims) in enumerate(zip(record.geometry, record.dims, strict=True), start=1)
        ],
    )


@router.get("/models/{model}/examples")
def examples(engine: EngineDep, model: str) -> ExampleList:
    """Example clips of a model."""
    record = engine.models.get(model)
    return ExampleList(
        examples=[ExampleSummary.model_validate(example.model_dump(exclude={"file"})) for example in record.examples]
    )


@router.get(
    "/models/{model}/examples/{id}",
    response_class=Response,
    responses={200: {"content": {"audio/flac": {"schema": {"type": "string", "format": "binary"}}}}},
)
def example(engine: EngineDep, model: str, id: str) -> Response:
    """One example clip as FLAC."""
    record = engine.models.get(model)
    found = next((example for example in record.examples if example.id == id), None)
    if found is None:
        raise _unknown_example("the model has no such example")
    try:
        return Response(bundle.read_example(record.path, found), media_type="audio/flac")
    except BundleError:
        raise _unknown_example("the file can no longer be read") from None


@router.get("/models/{model}/modules/{module}/dimensions/{dim}")
def dimension(engine: EngineDep, model: str, module: int, dim: int) -> DimensionDetail:
    """Everything the report has about one dimension; too much to include for all of them in /models/{model}."""
    record = engine.models.get(model)
    record.check_module(module)
    dims = record.dims[module - 1]
    if not 0 <= dim < dims:
        detail = f"dim: module {module} has dimensions 0 to {dims - 1}; choose one of them."
        raise Problem(DIMENSION_UNKNOWN, detail, field="dim")
    report = _dimension_reports(record, module).get(dim)
    return DimensionDetail(
        **_dimension(dim, report).model_dump(),
        model=record.name,
        module=module,
        factors=_factors(record, module),
        effects=[Effect.model_validate(effect.model_dump()) for effect in (report.effects if report else ())],
        evidence=[Evidence.model_validate(one.model_dump()) for one in (report.evidence if report else ())],
    )


def _unknown_example(reason: str) -> Problem:
    detail = f"id: {reason}; GET /models/{{model}}/examples lists the examples."
    return Problem(EXAMPLE_UNKNOWN, detail, field="id")


def _factors(record: ModelRecord, module: int) -> list[str]:
    """Factors measured at `module`. This part of the report is not validated and may contain anything."""
    rows = (record.report.model_extra or {}).get(FACTORS_KEY, ()) if record.report is not None else ()
    measured = [row for row in rows if isinstance(row, dict) and row.get("module") == module]
    return list(dict.fromkeys(str(row.get("factor")) for row in measured))


def _dimension_reports(record: ModelRecord, module: int) -> dict[int, DimensionReport]:
    """Reports of the dimensions of `module`, by dimension."""
    modules = record.report.modules if record.report is not None else ()
    return {one.dim: one for report in modules if report.module == module for one in report.dimensions}


def _dimensions(record: ModelRecord, module: int, dims: int) -> list[Dimension]:
    reports = _dimension_reports(record, module)
    return [_dimension(dim, reports.get(dim)) for dim in range(dims)]


def _dimension(dim: int, report: DimensionReport | None) -> Dimension:
    """Summary of a dimension; everything is null if the report does not have it."""
    if report is None:
        nulls = dict.fromkeys(("kl", "active", "sensitivity", "mean", "std", "histogram"))
        return Dimension(dim=dim, **nulls, labels=[])
    return Dimension(
        dim=dim,
        kl=report.kl,
        active=report.active,
        sensitivity=report.sensitivity,
        mean=report.mean,
        std=report.std,
        histogram=None if report.histogram is None else _histogram(report.histogram),
        labels=[Label.model_validate(label.model_dump()) for label in report.labels],
    )


def _histogram(report: HistogramReport) -> Histogram:
    shares = [round(share, _SHARE_DIGITS) for share in report.shares]
    return Histogram(low=report.low, high=report.high, shares=shares)
