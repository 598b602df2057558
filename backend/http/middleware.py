"""Outermost middleware: request id, body limits, headers, metrics, log and unexpected errors."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import CLIENT_CLOSED_REQUEST, NOT_READY, Problem, error_response, status_response
from backend.http.body_limits import BodyLimiter
from backend.http.logs import request_id
from backend.http.metrics import Metrics

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

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


class RequestRecorder:
    """Counts finished requests in the metrics and, with LOG_REQUESTS, logs them."""

    def __init__(self, metrics: Metrics, log_requests: bool) -> None:
        self._metrics, self._log_requests = metrics, log_requests

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the pattern of the path, never the path: a clip id in it would give access to the clip."""
        self._metrics.count_request(method, route, status, seconds)
        if self._log_requests:
            fields = {"method": method, "route": route, "status": status, "seconds": round(seconds, 6)}
            log.info("%s %s: %d in %.1f ms", method, route, status, seconds * 1e3, extra={"fields": fields})


def failure_response(error: BaseException, name: str) -> Response:
    """Response to the request `name` that failed with `error`. Logs the traceback of an unexpected error."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=CLIENT_CLOSED_REQUEST)  # for metrics and log; not sent to anyone
    if isinstance(error, asyncio.CancelledError):  # the grace period is over
        detail = "The server shut down before the request was finished; try again in a moment."
        error = Problem(NOT_READY, detail, headers={"Retry-After": "1"})
    if isinstance(error, (HTTPException, RequestValidationError)):
        return error_response(error, name)
    log.error("request %s failed", name, exc_info=error)
    detail = "Internal error; try again, and report it with this request id if it persists."
    return status_response(500, detail, name)


class RequestMiddleware:
    """Gives each request an id (its own X-Request-ID if valid), limits its body, adds headers to the response, records
    the request, and answers unexpected errors with a 500 problem. Paths are relative to the setting PREFIX.

    WebSocket connections pass through: backend.http.websocket treats each message as a request.
    """

    def __init__(self, app: ASGIApp, recorder: RequestRecorder, limiter: BodyLimiter, prefix: str) -> None:
        self.app, self._recorder, self._limiter, self._prefix = app, recorder, limiter, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["root_path"] = self._prefix
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = name
        request_id.set(name)
        start, status = time.perf_counter(), 0

        async def send_response(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), name)
            await send(message)

        try:
            await self._limiter.check_content_length(headers, receive)
            with self._limiter.limit(receive) as limited:
                await self.app(scope, limited, send_response)
        except (Exception, asyncio.CancelledError) as error:
            failure = failure_response(error, name)
            if not status:
                await failure(scope, receive, send_response)
            elif not isinstance(error, ClientDisconnect):
                raise  # part of the response has been sent: only closing the connection reports the failure
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._recorder.record(scope["method"], route, status, time.perf_counter() - start)


def new_request_id() -> str:
    return uuid.uuid4().hex


def _request_id(headers: Headers) -> str:
    name = headers.get("x-request-id", "")
    return name if _REQUEST_ID.fullmatch(name) else new_request_id()


def _add_headers(headers: MutableHeaders, name: str) -> None:
    headers["X-Request-ID"] = name
    for header, value in _HEADERS.items():
        headers.setdefault(header, value)
    # Static files have an ETag and are revalidated on each use; recordings and sounds are not cached at all.
    headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
