"""Authentication: the token, and the origins of pages that may call the server."""

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

_PUBLIC_PATHS = frozenset(("/livez", "/readyz"))  # for health checks; they reveal nothing else
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_OTHER_SITES = frozenset(("cross-site", "same-site"))
_CHALLENGE = 'Bearer realm="SIM Explorer", Basic realm="SIM Explorer", charset="UTF-8"'


class AuthMiddleware:
    """With a `token`, every request must carry it, as a bearer token or as the password of basic authentication.

    Pages of `origins` may call the server from other sites. Pages of any other site cannot read responses (enforced by
    the browser), cannot use unsafe methods (enforced here if the browser sends Sec-Fetch-Site) and get no WebSocket.
    """

    def __init__(self, app: ASGIApp, token: str | None, origins: Iterable[str]) -> None:
        self.app, self._token, self._origins = app, token, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        trusted = origin in self._origins
        if scope["type"] == "websocket":
            # Browsers do not apply the same-origin policy to WebSockets, so the origin is checked here.
            same_origin = not origin or trusted or urlsplit(origin).netloc == headers.get("host")
            accepted = same_origin and self._refusal(scope, headers, trusted) is None
            await (self.app if accepted else WebSocketClose())(scope, receive, send)
            return

        async def send_response(message: Message) -> None:
            if trusted and message["type"] == "http.response.start":
                _add_cors_headers(MutableHeaders(scope=message), origin)
            await send(message)

        if trusted and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send_response)
        elif (problem := self._refusal(scope, headers, trusted)) is not None:
            await problem_response(problem, scope["state"]["request_id"])(scope, receive, send_response)
        else:
            await self.app(scope, receive, send_response)

    def _refusal(self, scope: Scope, headers: Headers, trusted: bool) -> Problem | None:
        if not trusted and scope.get("method") not in _SAFE_METHODS and headers.get("sec-fetch-site") in _OTHER_SITES:
            detail = "Origin: pages of this site may not use the server; add the site to the setting ORIGINS."
            return Problem(FOREIGN_PAGE, detail)
        if self._token is None or path_without_prefix(scope) in _PUBLIC_PATHS:
            return None
        if hmac.compare_digest(_token(headers).encode(), self._token.encode()):
            return None
        detail = "Authorization: send the server's token as a bearer token, or as the password in the browser's dialog."
        return Problem(NO_TOKEN, detail, headers={"WWW-Authenticate": _CHALLENGE})


def path_without_prefix(scope: Scope) -> str:
    """Path of the request without the prefix, which a proxy may or may not have removed."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    return path[len(prefix) :] if path == prefix or path.startswith(f"{prefix}/") else path


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-ID",
    "Access-Control-Max-Age": "600",
}


def _add_cors_headers(headers: MutableHeaders, origin: str) -> None:
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
    headers.add_vary_header("Origin")


def _token(headers: Headers) -> str:
    """Token in the request, or an empty string."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        credentials = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return credentials.partition(":")[2]
