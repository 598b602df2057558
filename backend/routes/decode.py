"""/decode: latents and edits to sound."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, WebSocket
from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.http import websocket
from backend.http.body_limits import PlainJson
from backend.http.responses import Pieces, dump, json_response
from backend.inference import decoding
from backend.inference.engine import Engine
from backend.inference.job import Turn
from backend.routes.dependencies import EngineOf, InPieces, TurnOf, in_pieces
from backend.schemas import DecodeAnswer, DecodeRequest

_SHORT_BYTES = 20_000
"""Of a body that cannot be intricate."""


class Direct(PlainJson):
    """Reads a short body at once and calls `decode` with it: what FastAPI does on the way takes a tenth of a picture's
    time. What does not hold, or is sent otherwise than most send it, goes FastAPI's way, which says why it does not.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def at_once(request: Request) -> Response:
            usual = request.headers.get("content-type") == "application/json"
            asked = _read(await request.body()) if usual else None
            return await handle(request) if asked is None else await _answer(request, asked)

        return at_once


def _read(body: bytes) -> DecodeRequest | None:
    """What a short `body` asks for; None where it does not hold."""
    if len(body) > _SHORT_BYTES:
        return None
    try:
        return DecodeRequest.model_validate_json(body)
    except ValidationError:
        return None


async def _answer(request: Request, asked: DecodeRequest) -> Response:
    engine: Engine = request.app.state.engine
    turn, apart = Turn(engine.worker, request), await in_pieces(request)
    return await decode(engine, turn, apart, asked, request.headers.get("accept", "*/*"))


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
    await websocket.serve(socket, _way_of)


def _way_of(body: bytes) -> ASGIApp | None:
    """Straight to the answer, for a message that `Direct` would have read at once had it been posted."""
    asked = _read(body)
    if asked is None:
        return None

    async def way(scope: Scope, receive: Receive, send: Send) -> None:
        response = await _answer(Request(scope, receive), asked)
        await response(scope, receive, send)

    return way


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
