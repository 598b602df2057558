"""/models: what models there are, what their dimensions mean, and clips to try them on."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from backend.errors import DIMENSION_UNKNOWN, EXAMPLE_UNKNOWN, MODULE_UNKNOWN, Problem
from backend.routes.dependencies import EngineOf
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
from backend.store.models import Entry
from trainer import bundle
from trainer.bundle import BundleError, DimensionReport, HistogramReport
from trainer.metrics.probing.dimension_information import FACTORS_KEY

router = APIRouter(tags=["models"])

_SHARE_DIGITS = 5  # finer than a screen, and a third of the bytes

# Plain functions, so that reading bundles happens in a thread and not on the event loop.


@router.get("/models")
def models(engine: EngineOf) -> ModelList:
    """Every model there is, the default first; one that was put into a folder of MODELS since is there."""
    return ModelList(
        models=[
            ModelSummary(
                model=entry.name, digest=entry.digest, sample_rate=entry.sample_rate, modules=entry.modules_count
            )
            for entry in engine.catalogue.entries()
        ]
    )


@router.get("/models/{model}")
def model(engine: EngineOf, model: str) -> ModelDetail:
    """The modules of a model and what is known of each dimension."""
    entry = engine.catalogue.get(model)
    return ModelDetail(
        model=entry.name,
        digest=entry.digest,
        sample_rate=entry.sample_rate,
        modules=[
            Module(
                module=module,
                dims=dims,
                hop_seconds=geometry.hop_seconds,
                frame_rate=geometry.frame_rate,
                receptive_field_seconds=geometry.receptive_field_seconds,
                first_frame_seconds=geometry.frame_centre_seconds(0),
                dimensions=_dimensions(entry, module, dims),
            )
            for module, (geometry, dims) in enumerate(zip(entry.geometry, entry.dims, strict=True), start=1)
        ],
    )


@router.get("/models/{model}/examples")
def examples(engine: EngineOf, model: str) -> ExampleList:
    """The clips that come with a model."""
    entry = engine.catalogue.get(model)
    return ExampleList(
        examples=[ExampleSummary.model_validate(example.model_dump(exclude={"file"})) for example in entry.examples]
    )


@router.get(
    "/models/{model}/examples/{id}",
    response_class=Response,
    responses={200: {"content": {"audio/flac": {"schema": {"type": "string", "format": "binary"}}}}},
)
def example(engine: EngineOf, model: str, id: str) -> Response:
    """One of them, as FLAC."""
    entry = engine.catalogue.get(model)
    found = next((example for example in entry.examples if example.id == id), None)
    if found is None:
        raise Problem(EXAMPLE_UNKNOWN, "This model has no such example; its /examples lists those it has.", field="id")
    try:
        return Response(bundle.read_example(entry.path, found), media_type="audio/flac")
    except BundleError:
        detail = "This example cannot be read any more; its model's /examples lists those there are."
        raise Problem(EXAMPLE_UNKNOWN, detail, field="id") from None


@router.get("/models/{model}/modules/{module}/dimensions/{dim}")
def dimension(engine: EngineOf, model: str, module: int, dim: int) -> DimensionDetail:
    """All that the report says of one dimension: too much to be told of each with the model."""
    entry = engine.catalogue.get(model)
    if not 1 <= module <= entry.modules_count:
        raise Problem(MODULE_UNKNOWN, f"This model has modules 1 to {entry.modules_count}.", field="module")
    dims = entry.dims[module - 1]
    if not 0 <= dim < dims:
        raise Problem(DIMENSION_UNKNOWN, f"Module {module} has dimensions 0 to {dims - 1}.", field="dim")
    known = _known(entry, module).get(dim)
    return DimensionDetail(
        **_dimension(dim, known).model_dump(),
        model=entry.name,
        module=module,
        factors=_factors(entry, module),
        effects=[Effect.model_validate(effect.model_dump()) for effect in (known.effects if known else ())],
        evidence=[Evidence.model_validate(one.model_dump()) for one in (known.evidence if known else ())],
    )


def _factors(entry: Entry, module: int) -> list[str]:
    """Those measured at `module`. A later part of the report, which may hold anything."""
    rows = (entry.report.model_extra or {}).get(FACTORS_KEY, ()) if entry.report is not None else ()
    told = [row for row in rows if isinstance(row, dict) and row.get("module") == module]
    return list(dict.fromkeys(str(row.get("factor")) for row in told))


def _known(entry: Entry, module: int) -> dict[int, DimensionReport]:
    """What the report says of the dimensions of `module`."""
    modules = entry.report.modules if entry.report is not None else ()
    return {told.dim: told for report in modules if report.module == module for told in report.dimensions}


def _dimensions(entry: Entry, module: int, dims: int) -> list[Dimension]:
    """What the report says of each dimension; nothing is known of one it leaves out."""
    known = _known(entry, module)
    return [_dimension(dim, known.get(dim)) for dim in range(dims)]


def _dimension(dim: int, known: DimensionReport | None) -> Dimension:
    if known is None:
        unknown = dict.fromkeys(("kl", "active", "sensitivity", "mean", "std", "histogram"))
        return Dimension(dim=dim, **unknown, labels=[])
    return Dimension(
        dim=dim,
        kl=known.kl,
        active=known.active,
        sensitivity=known.sensitivity,
        mean=known.mean,
        std=known.std,
        histogram=None if known.histogram is None else _histogram(known.histogram),
        labels=[Label.model_validate(label.model_dump()) for label in known.labels],
    )


def _histogram(known: HistogramReport) -> Histogram:
    shares = [round(share, _SHARE_DIGITS) for share in known.shares]
    return Histogram(low=known.low, high=known.high, shares=shares)
