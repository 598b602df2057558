"""Who may use the server: holders of the token, and pages of which origins."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from backend.errors import FOREIGN_PAGE, NO_TOKEN, Problem, problem_response

_OPEN = frozenset(("/livez", "/readyz"))  # for those who watch over the server, and tell nothing else
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_ELSEWHERE = frozenset(("cross-site", "same-site"))
_CHALLENGE = 'Bearer realm="SIM Explorer", Basic realm="SIM Explorer", charset="UTF-8"'


class Access:
    """With a `token`, every request must carry it, as a bearer token or as the password that a browser asks for.

    Pages of `origins` may call the server from elsewhere. Those of others cannot read its answers, which browsers see
    to, and have nothing done by it, which this does where the browser tells of it. They get no WebSocket.
    """

    def __init__(self, app: ASGIApp, token: str | None, origins: Iterable[str]) -> None:
        self.app, self._token, self._origins = app, token, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        known = origin in self._origins
        if scope["type"] == "websocket":
            # Any page may read what comes over one, so that it must be the server's own.
            own = not origin or known or urlsplit(origin).netloc == headers.get("host")
            admitted = own and self._objection(scope, headers, known) is None
            await (self.app if admitted else WebSocketClose())(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if known and message["type"] == "http.response.start":
                _allow(MutableHeaders(scope=message), origin)
            await send(message)

        if known and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, answer)
        elif (problem := self._objection(scope, headers, known)) is not None:
            await problem_response(problem, scope["state"]["request_id"])(scope, receive, answer)
        else:
            await self.app(scope, receive, answer)

    def _objection(self, scope: Scope, headers: Headers, known: bool) -> Problem | None:
        if not known and scope.get("method") not in _SAFE and headers.get("sec-fetch-site") in _ELSEWHERE:
            detail = "Pages of other sites may not use this server; its setting ORIGINS names those that may."
            return Problem(FOREIGN_PAGE, detail)
        if self._token is None or path_within(scope) in _OPEN:
            return None
        if hmac.compare_digest(_token_of(headers).encode(), self._token.encode()):
            return None
        detail = "Send the server's token: Authorization: Bearer, or as the password where a browser asks for one."
        return Problem(NO_TOKEN, detail, headers={"WWW-Authenticate": _CHALLENGE})


def path_within(scope: Scope) -> str:
    """The path that is asked for, without the prefix that a proxy may have left before it."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    return path[len(prefix) :] if path == prefix or path.startswith(f"{prefix}/") else path


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-ID",
    "Access-Control-Max-Age": "600",
}


def _allow(headers: MutableHeaders, origin: str) -> None:
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
    headers.add_vary_header("Origin")


def _token_of(headers: Headers) -> str:
    """The token that a request carries, or nothing."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]
