"""/decode: latents and edits to sound."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, WebSocket
from starlette.responses import Response

from backend import decoding, live
from backend.bodies import PlainJson
from backend.engine import Engine
from backend.responses import dump, json_response
from backend.routes.services import EngineOf, TurnOf
from backend.schemas import DecodeAnswer, DecodeRequest

router = APIRouter(tags=["decode"], route_class=PlainJson)


@router.post(
    "/decode",
    response_model=DecodeAnswer,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def decode(
    engine: EngineOf, turn: TurnOf, body: DecodeRequest, accept: Annotated[str, Header()] = "*/*"
) -> Response:
    """The sound of latents after edits: a clip's, given ones, or drawn ones. With `Accept: audio/wav` the sound alone.

    The same request gives the same bytes. From a clip the sound has exactly the clip's samples, at its own loudness.
    """
    if wants_sound_alone(accept):
        return Response(await turn.run(_wav, engine, body), media_type="audio/wav")
    return json_response(await turn.run(_json, engine, body))


@router.websocket("/decode")
async def decode_live(socket: WebSocket) -> None:
    """The same, a message a request, for a sound that follows a hand."""
    await live.serve(socket)


def wants_sound_alone(accept: str) -> bool:
    """Whether `accept` asks for audio/wav before JSON."""
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
    return dump(decoding.answer(engine, decoding.decode(engine, request)))
