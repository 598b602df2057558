"""/clips: recordings that the server still holds, what became of them, and forgetting them.

A clip's name is a hash of its content. Whoever knows it can see and hear the clip while the server holds it; nothing
lists the names.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from backend.http.responses import dump, json_response
from backend.inference import encoding
from backend.inference.engine import Engine
from backend.routes.dependencies import EngineOf, TurnOf
from backend.schemas import CLIP_PATTERN, ClipQuery, EncodeAnswer, LatentsQuery

router = APIRouter(tags=["clips"])

ClipPath = Annotated[str, Path(pattern=CLIP_PATTERN, description="A clip, as /encode named it.")]


@router.get("/clips/{clip}", response_model=EncodeAnswer)
async def clip(engine: EngineOf, turn: TurnOf, clip: ClipPath, query: Annotated[ClipQuery, Query()]) -> Response:
    """What /encode answered for a recording that the server still holds, for any model: whoever knows the clip's name,
    which is a hash of its content, may ask.
    """
    return json_response(await turn.run(_describe, engine, clip, query.model))


@router.get(
    "/clips/{clip}/audio",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def audio(engine: EngineOf, turn: TurnOf, clip: ClipPath) -> Response:
    """The recording itself, mono and at the rate it was encoded at, as 16-bit WAV: whoever knows the clip's name, which
    is a hash of its content, can hear it.
    """
    return Response(await turn.run(encoding.audio, engine, clip), media_type="audio/wav")


@router.get(
    "/clips/{clip}/latents",
    response_class=Response,
    responses={200: {"content": {"application/x-npy": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def latents(engine: EngineOf, turn: TurnOf, clip: ClipPath, query: Annotated[LatentsQuery, Query()]) -> Response:
    """A clip's posterior for one module, every frame: `.npy`, float16 [2, dims, frames], mean and log-variance.

    The log-variance of a deterministic encoder is minus infinity.
    """
    content = await turn.run(encoding.latents, engine, clip, query.model, query.module)
    return Response(content, media_type="application/x-npy")


@router.delete("/clips/{clip}", status_code=204)
async def forget(engine: EngineOf, clip: ClipPath) -> None:
    """Forget a recording and all that was made of it."""
    engine.clips.forget(clip)


def _describe(engine: Engine, clip: str, model: str | None) -> bytes:
    return dump(encoding.describe(engine, clip, model))
