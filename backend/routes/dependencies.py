"""What a route asks for by type. Coroutines all: a plain function would wait for a free thread on every request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from backend.http.lifecycle import Lifecycle
from backend.http.metrics import Metrics
from backend.http.websocket import PIECES
from backend.inference.engine import Engine
from backend.inference.job import Turn


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _lifecycle(request: Request) -> Lifecycle:
    lifecycle: Lifecycle = request.app.state.lifecycle
    return lifecycle


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _turn(request: Request) -> Turn:
    return Turn((await _engine(request)).worker, request)


async def in_pieces(request: Request) -> bool:
    """Whether each piece of the answer is taken as it comes."""
    return PIECES in request.scope.get("extensions", ())


EngineOf = Annotated[Engine, Depends(_engine)]
LifecycleOf = Annotated[Lifecycle, Depends(_lifecycle)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
InPieces = Annotated[bool, Depends(in_pieces)]
TurnOf = Annotated[Turn, Depends(_turn)]
