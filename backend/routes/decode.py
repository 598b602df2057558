"""/decode: latents and edits to sound."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, WebSocket
from pydantic import ValidationError
from starlette.responses import Response

from backend import decoding, live
from backend.bodies import PlainJson
from backend.engine import Engine
from backend.responses import Pieces, dump, json_response
from backend.routes.services import EngineOf, InPieces, TurnOf, in_pieces
from backend.schemas import DecodeAnswer, DecodeRequest
from backend.turn import Turn

_SHORT_BYTES = 20_000
"""Of a body that cannot be intricate."""


class Direct(PlainJson):
    """Reads a short body at once and calls `decode` with it: what FastAPI does on the way takes a tenth of a picture's
    time. What does not hold, or is sent otherwise than most send it, goes FastAPI's way, which says why it does not.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def at_once(request: Request) -> Response:
            body, headers = await request.body(), request.headers
            if len(body) > _SHORT_BYTES or headers.get("content-type") != "application/json":
                return await handle(request)
            try:
                asked = DecodeRequest.model_validate_json(body)
            except ValidationError:
                return await handle(request)
            engine: Engine = request.app.state.engine
            turn, apart = Turn(engine.worker, request), await in_pieces(request)
            return await decode(engine, turn, apart, asked, headers.get("accept", "*/*"))

        return at_once


router = APIRouter(tags=["decode"], route_class=Direct)


@router.post(
    "/decode",
    response_model=DecodeAnswer,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def decode(
    engine: EngineOf,
    turn: TurnOf,
    apart: InPieces,
    body: DecodeRequest,
    accept: Annotated[str, Header()] = "*/*",
) -> Response:
    """The sound of latents after edits: a clip's, given ones, or drawn ones. With `Accept: audio/wav` the sound alone.

    The same request gives the same bytes. From a clip the sound has exactly the clip's samples, at its own loudness.
    """
    if wants_sound_alone(accept):
        return Response(await turn.run(_wav, engine, body), media_type="audio/wav")
    if apart:
        return Pieces(*await turn.run(_seen_and_heard, engine, body), media_type="application/json")
    return json_response(await turn.run(_json, engine, body))


@router.websocket("/decode")
async def decode_live(socket: WebSocket) -> None:
    """The same, a message a request, for a sound that follows a hand; `audio` follows as a message of its own, WAV."""
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
    decoded = decoding.decode(engine, request)
    audio = base64.b64encode(decoded.sound.wav).decode("ascii")
    return dump({**decoding.shown(engine, decoded), "audio": audio})


def _seen_and_heard(engine: Engine, request: DecodeRequest) -> tuple[bytes, bytes]:
    decoded = decoding.decode(engine, request)
    return dump(decoding.shown(engine, decoded)), decoded.sound.wav
