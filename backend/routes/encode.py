"""/encode: upload and encode a recording."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from backend.http.responses import json_response, to_json
from backend.inference import encoding
from backend.inference.engine import Engine
from backend.routes.dependencies import EngineDep, JobDep
from backend.schemas import EncodeForm, EncodeResponse

router = APIRouter(tags=["clips"])


@router.post("/encode", response_model=EncodeResponse)
async def encode(
    engine: EngineDep, job: JobDep, form: Annotated[EncodeForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Encode a recording. The server keeps it for a while under the id `clip`."""
    return json_response(await job.run(_encode, engine, form))


def _encode(engine: Engine, form: EncodeForm) -> bytes:
    # The upload waits in memory (see keep_uploads_in_memory) and is copied only when its job runs.
    return to_json(encoding.encode(engine, form.file.file, form.model))
