"""/livez, /readyz, /metrics: for those who run the server."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from backend.routes.dependencies import LifecycleOf, MetricsOf
from backend.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def readyz(lifecycle: LifecycleOf) -> Health:
    """The default model has been through a pass; 503 before that, and while the server is about to end."""
    lifecycle.check_ready()
    return Health(status="ok")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(metrics: MetricsOf) -> Response:
    """For Prometheus."""
    return Response(metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})
