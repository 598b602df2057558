"""JSON answers the fast way: numbers straight from arrays, no copy through lists and models."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

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
