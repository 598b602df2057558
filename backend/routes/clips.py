"""/clips: stored recordings.

The id of a clip is a hash of its content. Access to a clip requires only its id, while the server keeps the clip; no
route lists the ids.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from backend.http.responses import json_response, to_json
from backend.inference import encoding
from backend.inference.engine import Engine
from backend.routes.dependencies import EngineDep, JobDep
from backend.schemas import CLIP_PATTERN, ClipQuery, EncodeResponse, LatentsQuery

router = APIRouter(tags=["clips"])

ClipPath = Annotated[str, Path(pattern=CLIP_PATTERN, description="Id of a clip, from /encode.")]


@router.get("/clips/{clip}", response_model=EncodeResponse)
async def clip(engine: EngineDep, job: JobDep, clip: ClipPath, query: Annotated[ClipQuery, Query()]) -> Response:
    """Response of /encode for a stored recording and any model. Knowing the id, a content hash, gives access."""
    return json_response(await job.run(_describe, engine, clip, query.model))


@router.get(
    "/clips/{clip}/audio",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def audio(engine: EngineDep, job: JobDep, clip: ClipPath) -> Response:
    """The recording as 16-bit WAV, mono, at the sample rate it was encoded at. Knowing the id gives access."""
    return Response(await job.run(encoding.audio, engine, clip), media_type="audio/wav")


@router.get(
    "/clips/{clip}/latents",
    response_class=Response,
    responses={200: {"content": {"application/x-npy": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def latents(engine: EngineDep, job: JobDep, clip: ClipPath, query: Annotated[LatentsQuery, Query()]) -> Response:
    """Posterior of a clip at one module: `.npy`, float16 [2, dims, frames], mean and log-variance.

    The log-variance of a deterministic encoder is minus infinity.
    """
    content = await job.run(encoding.latents, engine, clip, query.model, query.module)
    return Response(content, media_type="application/x-npy")


@router.delete("/clips/{clip}", status_code=204)
async def forget(engine: EngineDep, clip: ClipPath) -> None:
    """Delete a recording and its encodings."""
    engine.clips.delete(clip)


def _describe(engine: Engine, clip: str, model: str | None) -> bytes:
    return to_json(encoding.describe(engine, clip, model))
