"""/encode: recordings in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from backend.http.responses import dump, json_response
from backend.inference import encoding
from backend.inference.engine import Engine
from backend.routes.dependencies import EngineOf, TurnOf
from backend.schemas import EncodeAnswer, EncodeForm

router = APIRouter(tags=["clips"])


@router.post("/encode", response_model=EncodeAnswer)
async def encode(
    engine: EngineOf, turn: TurnOf, form: Annotated[EncodeForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Encode a recording. The server keeps it for a while under the name `clip`."""
    return json_response(await turn.run(_encode, engine, form))


def _encode(engine: Engine, form: EncodeForm) -> bytes:
    # Read here rather than on arrival: recordings that wait in the queue stay in their temporary files, out of memory.
    return dump(encoding.encode(engine, form.file.file, form.model))
