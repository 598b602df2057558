"""Requests as WebSocket messages: each message is a JSON body, answered as if it were posted to the same path.

A browser spends on an HTTP request half as long as the server computes for a second of sound, on a message almost
nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.errors import CLIENT_CLOSED_REQUEST
from backend.http.body_limits import BodyLimiter
from backend.http.logs import request_id
from backend.http.middleware import RequestRecorder, failure_response, new_request_id

MAX_MESSAGE_BYTES = 1 << 20
"""Larger requests must be posted. The server closes the connection (1009) when a message is larger."""

Respond = Callable[[WebSocket, bytes], Awaitable[tuple[bytes, bytes]]]
"""Computes the response to a message: the JSON body and the payload that follows it as a binary message."""

_POLICY_VIOLATION = 1008
_TOO_EARLY = "Wait for the response before the next request, or open another connection."


async def serve_messages(socket: WebSocket, respond: Respond) -> None:
    """Answer each message with the JSON text `{"status", "headers", "body"}` and, if it succeeds, the binary payload.

    A client that sends a message before the previous one is answered is disconnected (1008). A waiting job is cancelled
    when the client disconnects.
    """
    await socket.accept()
    message = await socket.receive()
    with suppress(WebSocketDisconnect):  # raised when sending to a client that has disconnected
        while message["type"] == "websocket.receive":
            next_message = asyncio.create_task(socket.receive())
            try:
                if not await _answer(socket, _body(message), respond, next_message):
                    if next_message.result()["type"] == "websocket.receive":
                        await socket.close(_POLICY_VIOLATION, _TOO_EARLY)
                    return
                message = await next_message
            finally:
                next_message.cancel()


async def _answer(socket: WebSocket, body: bytes, respond: Respond, next_message: asyncio.Task[Message]) -> bool:
    """Answer one message. Returns False if `next_message`, or a disconnect, arrives before the answer is sent."""
    recorder: RequestRecorder = socket.app.state.recorder
    name = new_request_id()
    request_id.set(name)
    start, status = time.perf_counter(), CLIENT_CLOSED_REQUEST
    response = asyncio.create_task(_respond(socket, body, respond, name))
    try:
        await asyncio.wait((response, next_message), return_when=asyncio.FIRST_COMPLETED)
        if not response.done():
            return False
        status, text, payload = response.result()
        if next_message.done():
            return False
        await socket.send_text(text)
        if payload and next_message.done():
            return False
        if payload:
            await socket.send_bytes(payload)
        return True
    finally:
        response.cancel()
        recorder.record("POST", socket.scope["route"].path, status, time.perf_counter() - start)


async def _respond(socket: WebSocket, body: bytes, respond: Respond, name: str) -> tuple[int, str, bytes]:
    """Status, JSON text and binary payload of the response to one message."""
    limiter: BodyLimiter = socket.app.state.body_limiter
    try:
        with limiter.hold(len(body)):
            content, payload = await respond(socket, body)
    except Exception as error:
        failure = failure_response(error, name)
        retry = {"retry-after": failure.headers["retry-after"]} if "retry-after" in failure.headers else {}
        return failure.status_code, _envelope(failure.status_code, {**retry, "x-request-id": name}, failure.body), b""
    return 200, _envelope(200, {"x-request-id": name}, content), payload


def _envelope(status: int, headers: dict[str, str], body: bytes | memoryview) -> str:
    content = {"status": status, "headers": headers, "body": orjson.Fragment(bytes(body))}
    return orjson.dumps(content).decode()


def _body(message: Message) -> bytes:
    text = message.get("text")
    return message.get("bytes") or b"" if text is None else str(text).encode()
