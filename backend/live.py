"""A request after another over one WebSocket, each answered as if it had been posted to the same address.

A browser spends on a request of its own half as long as this server computes for a second of sound, and on a message
next to nothing. A message takes the very way through the application that a request takes: same checks, same turns,
same count, same answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import orjson
from starlette.types import Message, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

MOST_BYTES = 1 << 20
"""Of one message; what is longer is to be posted."""

_POLICY_VIOLATION = 1008
_TOO_EAGER = "Wait for the answer before you ask again, or open another connection."
_TOLD = frozenset((b"retry-after", b"x-request-id"))  # of an answer's headers
_OWN = frozenset((b"connection", b"upgrade", b"accept", b"content-length", b"content-type", b"x-request-id"))


async def serve(socket: WebSocket) -> None:
    """Answer each message, JSON as the body of a POST would be, with `{"status", "headers", "body"}` until the client
    goes away. Who does not wait for an answer before asking again is disconnected (1008).
    """
    await socket.accept()
    message = await socket.receive()
    with suppress(WebSocketDisconnect):  # while it was answered
        while message["type"] == "websocket.receive":
            message = await _exchange(socket, message)


async def _exchange(socket: WebSocket, message: Message) -> Message:
    """Answer `message`; what follows it. Raises WebSocketDisconnect where there is nobody to be answered."""
    following = asyncio.create_task(socket.receive())
    try:
        answer = await _answer(socket, _body(message), following)
        if not following.done():
            await socket.send_text(answer)
        elif following.result()["type"] == "websocket.receive":
            await socket.close(_POLICY_VIOLATION, _TOO_EAGER)
            raise WebSocketDisconnect(_POLICY_VIOLATION)
        return await following
    finally:
        following.cancel()


def _body(message: Message) -> bytes:
    text = message.get("text")
    return message.get("bytes") or b"" if text is None else str(text).encode()


async def _answer(socket: WebSocket, body: bytes, following: asyncio.Task[Message]) -> str:
    """What the application answers to a POST of `body`, as one message; who asked has gone when `following` is here."""
    told, parts, asked = dict[str, Any](), list[bytes](), False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.wait((following,))
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"] if name.lower() in _TOLD}
            told.update(status=message["status"], headers=headers)
        else:
            parts.append(message.get("body", b""))

    await socket.app(_posted(socket.scope, len(body)), receive, send)
    # Put around the answer, not read and written anew: it is JSON already.
    answer = b"".join(parts) or b"null"
    return (orjson.dumps(told)[:-1] + b',"body":' + answer + b"}").decode()


def _posted(scope: Scope, size: int) -> Scope:
    """The scope of a POST from whom the WebSocket of `scope` is, to its address."""
    headers = [(name, value) for name, value in scope["headers"] if name not in _OWN and b"websocket" not in name]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
    kept = {
        name: scope[name] for name in ("asgi", "path", "raw_path", "query_string", "client", "server") if name in scope
    }
    scheme = "https" if scope["scheme"] == "wss" else "http"
    return {**kept, "type": "http", "http_version": "1.1", "method": "POST", "scheme": scheme, "headers": headers}
