"""/traverse and /interpolate: pictures of a way through the latents."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from backend import walks
from backend.engine import Engine
from backend.responses import dump, json_response
from backend.routes.services import EngineOf
from backend.schemas import InterpolateAnswer, InterpolateRequest, TraverseAnswer, TraverseRequest

router = APIRouter(tags=["decode"])

_CLIENT_GONE = 499


@router.post("/traverse", response_model=TraverseAnswer)
async def traverse(engine: EngineOf, request: Request, body: TraverseRequest) -> Response:
    """Pictures of one dimension, or two, set to one value after another: each what /decode answers for that edit after
    the others. At most 64, and 300 s of sound together; `window` shows a stretch of a longer clip.
    """
    return await _answer(engine, request, await engine.worker.run(walks.traversal, engine, body))


@router.post("/interpolate", response_model=InterpolateAnswer)
async def interpolate(engine: EngineOf, request: Request, body: InterpolateRequest) -> Response:
    """Pictures in equal steps from one clip to another: each what /decode answers for the clip `from` with `toward`.

    All have the length of `from`, to which the latents of `to` are brought, linearly, so that both begin and end
    together. At most 300 s of sound together; `window` shows a stretch of a longer clip.
    """
    return await _answer(engine, request, await engine.worker.run(walks.interpolation, engine, body))


async def _answer(engine: Engine, request: Request, walk: walks.Walk) -> Response:
    pictures = []
    # One after another through the queue: whoever moves a slider meanwhile waits for one picture and not for all.
    for make in walk.pictures:
        if await request.is_disconnected():
            return Response(status_code=_CLIENT_GONE)
        pictures.append(await engine.worker.run(make))
    return json_response(await engine.worker.run(dump, {**walk.facts, "spectrograms": pictures}))
