"""/livez, /readyz and /metrics, for operators."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from backend.routes.dependencies import LifecycleDep, MetricsDep
from backend.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def readyz(lifecycle: LifecycleDep) -> Health:
    """The default model is loaded and warmed up; 503 before that and while the server shuts down."""
    lifecycle.check_ready()
    return Health(status="ok")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(metrics: MetricsDep) -> Response:
    """Metrics in Prometheus' text format."""
    return Response(metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})
