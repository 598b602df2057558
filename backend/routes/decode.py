"""/decode: latents and edits to sound, by POST or over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, WebSocket
from starlette.responses import Response

from backend.http.json_body import BoundedJsonRoute, parse_json
from backend.http.responses import json_response, to_json
from backend.http.websocket import serve_messages
from backend.inference import decoding
from backend.inference.engine import Engine
from backend.inference.worker import JobOwner
from backend.routes.dependencies import EngineDep, JobDep
from backend.schemas import DecodeRequest, DecodeResponse

PATH = "/decode"

router = APIRouter(tags=["decode"], route_class=BoundedJsonRoute)


@router.post(
    PATH,
    response_model=DecodeResponse,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def decode(
    engine: EngineDep, job: JobDep, body: DecodeRequest, accept: Annotated[str, Header()] = "*/*"
) -> Response:
    """Sound of latents after edits. The latents come from a clip, from the request, or from the prior.

    With `Accept: audio/wav` the response is the sound alone. The same request gives the same bytes. From a clip, the
    sound has exactly the clip's number of samples and its loudness.
    """
    if prefers_wav(accept):
        return Response(await job.run(_wav, engine, body), media_type="audio/wav")
    return json_response(await job.run(_json, engine, body))


@router.websocket(PATH)
async def decode_messages(socket: WebSocket) -> None:
    """The same over a WebSocket, one message per request; the WAV follows the JSON as a binary message."""
    await serve_messages(socket, _respond)


async def _respond(socket: WebSocket, body: bytes) -> tuple[bytes, bytes]:
    """JSON without `audio`, and the WAV."""
    request = parse_json(body, DecodeRequest)
    engine: Engine = socket.app.state.engine
    owner = JobOwner(socket.client.host if socket.client is not None else "", PATH)
    return await asyncio.wrap_future(engine.worker.submit(owner, partial(_json_and_wav, engine, request)))


def prefers_wav(accept: str) -> bool:
    """Whether the header `accept` lists WAV before JSON."""
    for offer in accept.lower().split(","):
        match offer.partition(";")[0].strip():
            case "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" | "audio/*":
                return True
            case "application/json" | "application/*" | "*/*":
                return False
    return False


def _wav(engine: Engine, request: DecodeRequest) -> bytes:
    return decoding.decode(engine, request).sound.wav


def _json(engine: Engine, request: DecodeRequest) -> bytes:
    decoded = decoding.decode(engine, request)
    audio = base64.b64encode(decoded.sound.wav).decode("ascii")
    return to_json({**decoding.response_content(engine, decoded), "audio": audio})


def _json_and_wav(engine: Engine, request: DecodeRequest) -> tuple[bytes, bytes]:
    decoded = decoding.decode(engine, request)
    return to_json(decoding.response_content(engine, decoded)), decoded.sound.wav
