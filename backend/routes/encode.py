"""/encode and /clips: recordings in, their latents out, and forgetting them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from starlette.responses import Response

from backend import encoding
from backend.engine import Engine
from backend.responses import dump, json_response
from backend.routes.services import EngineOf
from backend.schemas import CLIP_PATTERN, EncodeAnswer, EncodeForm, LatentsQuery

router = APIRouter(tags=["clips"])

ClipPath = Annotated[str, Path(pattern=CLIP_PATTERN, description="A clip, as /encode named it.")]


@router.post("/encode", response_model=EncodeAnswer)
async def encode(engine: EngineOf, form: Annotated[EncodeForm, Form(media_type="multipart/form-data")]) -> Response:
    """Encode a recording. The server keeps it for a while under the name `clip`."""
    return json_response(await engine.worker.run(_encode, engine, form))


@router.get(
    "/clips/{clip}/latents",
    response_class=Response,
    responses={200: {"content": {"application/x-npy": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def latents(engine: EngineOf, clip: ClipPath, query: Annotated[LatentsQuery, Query()]) -> Response:
    """A clip's posterior for one module, every frame: `.npy`, float16 [2, dims, frames], mean and log-variance.

    The log-variance of a deterministic encoder is minus infinity.
    """
    content = await engine.worker.run(encoding.latents, engine, clip, query.model, query.module)
    return Response(content, media_type="application/x-npy")


@router.delete("/clips/{clip}", status_code=204)
async def forget(engine: EngineOf, clip: ClipPath) -> None:
    """Forget a recording and all that was made of it."""
    engine.clips.forget(clip)


def _encode(engine: Engine, form: EncodeForm) -> bytes:
    # Read here rather than on arrival: recordings that wait in the queue stay in their temporary files, out of memory.
    return dump(encoding.encode(engine, form.file.file, form.model))
