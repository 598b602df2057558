"""What a route asks for by type."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from backend.engine import Engine
from backend.lifecycle import Lifecycle
from backend.metrics import Metrics


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _lifecycle(request: Request) -> Lifecycle:
    lifecycle: Lifecycle = request.app.state.lifecycle
    return lifecycle


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


EngineOf = Annotated[Engine, Depends(_engine)]
LifecycleOf = Annotated[Lifecycle, Depends(_lifecycle)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
