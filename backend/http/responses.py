"""JSON responses written directly from arrays, without a copy through lists and pydantic models."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from backend.errors import PROBLEM_SCHEMA

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem.", "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}
}
"""Error responses of every route, for OpenAPI."""


def to_json(content: Any) -> bytes:
    """`content` as JSON; NumPy arrays become lists, non-finite numbers null."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def json_response(content: bytes) -> Response:
    """Response with JSON from `to_json`."""
    return Response(content, media_type="application/json")
