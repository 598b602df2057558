"""/traverse and /interpolate: pictures of a way through the latents."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from backend.http.body_limits import PlainJson
from backend.http.responses import dump, json_response
from backend.inference import traversal
from backend.inference.job import Turn
from backend.routes.dependencies import EngineOf, TurnOf
from backend.schemas import InterpolateAnswer, InterpolateRequest, TraverseAnswer, TraverseRequest

router = APIRouter(tags=["decode"], route_class=PlainJson)


@router.post("/traverse", response_model=TraverseAnswer)
async def traverse(engine: EngineOf, turn: TurnOf, body: TraverseRequest) -> Response:
    """Pictures of one dimension, or two, set to one value after another: each what /decode answers for that edit after
    the others. At most 64, and 300 s of sound together; `window` shows a stretch of a longer clip.
    """
    return await _answer(turn, await turn.run(traversal.traversal, engine, body))


@router.post("/interpolate", response_model=InterpolateAnswer)
async def interpolate(engine: EngineOf, turn: TurnOf, body: InterpolateRequest) -> Response:
    """Pictures in equal steps from one clip to another: each what /decode answers for the clip `from` with `toward`.

    All have the length of `from`, to which the latents of `to` are brought, linearly, so that both begin and end
    together. At most 300 s of sound together; `window` shows a stretch of a longer clip.
    """
    return await _answer(turn, await turn.run(traversal.interpolation, engine, body))


async def _answer(turn: Turn, walk: traversal.Walk) -> Response:
    # One after another through the queue: whoever moves a slider meanwhile waits for one picture and not for all.
    pictures = [await turn.run(make) for make in walk.pictures]
    return json_response(await turn.run(dump, {**walk.facts, "spectrograms": pictures}))
