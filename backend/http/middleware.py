"""What surrounds every request: its id, bounds of its body, its headers, its count, and the net under it."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import CLIENT_GONE, NOT_READY, Problem, problem_response, status_response
from backend.http.body_limits import Bodies
from backend.http.logs import request_id
from backend.http.metrics import Metrics
from backend.http.websocket import WAY
from backend.settings import Settings

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


class Envelope:
    """Outermost of the app. Gives each request an id (its own X-Request-ID if that is plain), bounds its body, adds the
    headers, counts the answer, and turns what nobody expected into a 500 problem, the traceback going to the log alone.

    Addresses are those within the setting PREFIX. With LOG_REQUESTS each request leaves a line in the log, which tells
    its route and never its path: a clip's name is enough to hear the clip.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, bodies: Bodies, settings: Settings) -> None:
        self.app, self.metrics, self.bodies, self.settings = app, metrics, bodies, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["root_path"] = self.settings.prefix
        if scope["type"] != "http":  # what comes over a WebSocket passes here a request at a time
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = name
        request_id.set(name)
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), name)
            await send(message)

        try:
            await self.bodies.check_announced(headers, receive)
            with self.bodies.taking(receive) as bounded:
                way = scope.get("extensions", {}).get(WAY, self.app)
                await way(scope, bounded, answer)
        except Problem as problem:
            await problem_response(problem, name)(scope, receive, answer)
        except ClientDisconnect:
            if not status:
                gone = Response(status_code=CLIENT_GONE)  # for the metrics and the log: nobody reads it
                await gone(scope, receive, answer)
        except asyncio.CancelledError:  # the grace period is over
            if status:
                raise
            detail = "The server has ended before it was done; ask again in a moment."
            late = Problem(NOT_READY, detail, headers={"Retry-After": "1"})
            await problem_response(late, name)(scope, receive, answer)
        except Exception:
            log.exception("request %s failed", name)
            if status:
                raise  # half an answer is out: only breaking off tells the client
            detail = "Something went wrong here; try again, and if it stays, report it with this request id."
            await status_response(500, detail, name)(scope, receive, answer)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], getattr(scope.get("route"), "path", "other")
        self.metrics.answered(method, route, status, seconds)
        if self.settings.log_requests:
            fields = {"method": method, "route": route, "status": status, "seconds": round(seconds, 6)}
            log.info("%s %s: %d in %.1f ms", method, route, status, seconds * 1e3, extra={"fields": fields})


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _complete(headers: MutableHeaders, name: str) -> None:
    headers["X-Request-ID"] = name
    for header, value in _HEADERS.items():
        headers.setdefault(header, value)
    # The page's files carry an ETag and are asked for anew each time; what a person sent or made is in no cache.
    headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
