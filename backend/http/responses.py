"""JSON answers the fast way: numbers straight from arrays, no copy through lists and models."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend.errors import PROBLEM_SCHEMA

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem.", "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}
}
"""For OpenAPI: what every route answers when it cannot do as asked."""


def dump(content: Any) -> bytes:
    """`content` as JSON; NumPy arrays become lists, what is not finite null."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def json_response(content: bytes) -> Response:
    """An answer that `dump` wrote."""
    return Response(content, media_type="application/json")


class Pieces(Response):
    """An answer of pieces, each sent as a part of the body of its own."""

    def __init__(self, *pieces: bytes, media_type: str) -> None:
        super().__init__(headers={"content-length": str(sum(map(len, pieces)))}, media_type=media_type)
        self._pieces = pieces

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for left, piece in zip(reversed(range(len(self._pieces))), self._pieces, strict=True):
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
