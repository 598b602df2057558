"""Dependencies of routes. All are coroutines: FastAPI would run a plain function in a thread on every request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from backend.http.lifecycle import Lifecycle
from backend.http.metrics import Metrics
from backend.inference.engine import Engine
from backend.inference.job import ClientJob


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _lifecycle(request: Request) -> Lifecycle:
    lifecycle: Lifecycle = request.app.state.lifecycle
    return lifecycle


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _job(request: Request) -> ClientJob:
    return ClientJob((await _engine(request)).worker, request)


EngineDep = Annotated[Engine, Depends(_engine)]
LifecycleDep = Annotated[Lifecycle, Depends(_lifecycle)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
JobDep = Annotated[ClientJob, Depends(_job)]
