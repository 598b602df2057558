"""What surrounds every request: its id, its limits, its headers, its count, and the net under it."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import problem_response, status_response, too_large
from backend.metrics import Metrics

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORM_BYTES = 64 * 1024  # what a multipart body holds beside its file

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Envelope:
    """Outermost of the app. Gives each request an id (its own X-Request-ID if that is plain), bounds its body, adds the
    headers, counts the answer, and turns what nobody expected into a 500 problem, the traceback going to the log alone.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, upload_bytes: int) -> None:
        self.app, self.metrics = app, metrics
        self.upload_bytes, self.body_bytes = upload_bytes, upload_bytes + _FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            if _content_length(headers) > self.body_bytes:
                # The body will not be read, so the connection cannot serve another request.
                response = problem_response(too_large(self.upload_bytes, headers={"Connection": "close"}), request_id)
                await response(scope, receive, answer)
            else:
                await self.app(scope, self._bounded(receive), answer)
        except Exception:
            log.exception("request %s failed", request_id)
            if status:
                raise  # half an answer is out: only breaking off tells the client
            detail = "Something went wrong here; try again, and if it stays, report it with this request id."
            await status_response(500, detail, request_id)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.answered(scope["method"], route, status, time.perf_counter() - started)

    def _bounded(self, receive: Receive) -> Receive:
        """`receive`, counting: a chunked body does not say beforehand how long it is."""
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.body_bytes:
                raise too_large(self.upload_bytes)
            return message

        return bounded


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _content_length(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length[:20]) if length.isdecimal() else 0  # of a longer number, 20 digits are too many all the same


def _complete(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    # The page's files carry an ETag and are asked for anew each time; what a person sent or made is in no cache.
    headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
