"""A request after another over one WebSocket, each answered as if it had been posted to the same address.

A browser spends on a request of its own half as long as this server computes for a second of sound, and on a message
next to nothing. A message takes the way through the application that a request takes, but for what is known of it:
that its client was let in, and where it goes. Same turns, same count, same answer, which may come in pieces, so that
what is waited for need not wait for the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

MOST_BYTES = 1 << 20
"""Of one message; what is longer is to be posted."""

PIECES = "sim_explorer.pieces"
"""Among the extensions of an ASGI scope: every piece of the body reaches the client as a message of its own."""

WAY = "sim_explorer.way"
"""Among the extensions of an ASGI scope: the application that answers it, which need not be looked for."""

_POLICY_VIOLATION = 1008
_TOO_EAGER = "Wait for the answer before you ask again, or open another connection."
_TOLD = frozenset((b"retry-after", b"x-request-id"))  # of an answer's headers
_OWN = frozenset((b"connection", b"upgrade", b"accept", b"content-length", b"content-type", b"x-request-id"))


async def serve(socket: WebSocket, way_of: Callable[[bytes], ASGIApp | None]) -> None:
    """Answer each message, JSON as the body of a POST would be, with `{"status", "headers", "body"}` until the client
    goes away; pieces of the body after the first follow as binary messages. Who does not wait for an answer before
    asking again is disconnected (1008). `way_of` a body is what answers it, or None where that is to be looked for.
    """
    await socket.accept()
    message, posted = await socket.receive(), _posted(socket.scope)
    with suppress(WebSocketDisconnect):  # while it was answered
        while message["type"] == "websocket.receive":
            body = _body(message)
            way = way_of(body)
            scope = {**posted, "extensions": {PIECES: {}} if way is None else {PIECES: {}, WAY: way}}
            message = await _exchange(socket, scope, body)


async def _exchange(socket: WebSocket, scope: Scope, body: bytes) -> Message:
    """Answer a POST of `body`; the message that follows it. Raises WebSocketDisconnect where there is nobody to be
    answered.
    """
    following = asyncio.create_task(socket.receive())
    answer = _Answer(socket, body, following)
    try:
        await socket.app(scope, answer.receive, answer.send)
        if answer.too_late:
            await socket.close(_POLICY_VIOLATION, _TOO_EAGER)
            raise WebSocketDisconnect(_POLICY_VIOLATION)
        return await following
    finally:
        following.cancel()


def _body(message: Message) -> bytes:
    text = message.get("text")
    return message.get("bytes") or b"" if text is None else str(text).encode()


class _Answer:
    """To the application, the client who posted `body`, and who has gone or lost patience when `following` is here."""

    def __init__(self, socket: WebSocket, body: bytes, following: asyncio.Task[Message]) -> None:
        self._socket, self._body, self._following = socket, body, following
        self._asked, self._told = False, dict[str, Any]()
        self.too_late = False
        """Whether the next message was here first."""

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await asyncio.wait((self._following,))
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"] if name.lower() in _TOLD}
            self._told = {"status": message["status"], "headers": headers}
            return
        piece, told, self._told = message.get("body", b""), self._told, {}
        if self._following.done():
            self.too_late = self._following.result()["type"] == "websocket.receive"
            return
        with suppress(WebSocketDisconnect):  # `following` tells of it
            if told:
                await self._socket.send_text(_wrapped(told, piece))
            elif piece:
                await self._socket.send_bytes(piece)


def _wrapped(told: Mapping[str, Any], piece: bytes) -> str:
    # Put around the body, not read and written anew: it is JSON already.
    return (orjson.dumps(told)[:-1] + b',"body":' + (piece or b"null") + b"}").decode()


def _posted(scope: Scope) -> Scope:
    """The scope of a POST from whom the WebSocket of `scope` is, to its address."""
    headers = [(name, value) for name, value in scope["headers"] if name not in _OWN and b"websocket" not in name]
    kept = {
        name: scope[name]
        for name in ("asgi", "path", "raw_path", "query_string", "client", "server", "route")
        if name in scope
    }
    return {
        **kept,
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https" if scope["scheme"] == "wss" else "http",
        "headers": [*headers, (b"content-type", b"application/json")],
    }
