"""Errors of the HTTP contract: RFC 9457 `application/problem+json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

_MAX_FIELD_LENGTH = 80  # a field name may come from the client
CLIENT_CLOSED_REQUEST = 499
"""Status in metrics and logs when the client disconnected before the response."""


@dataclass(frozen=True)
class ProblemType:
    """Problem type: the last part of its URI, its status and its title."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        return f"/problems/{self.slug}"


AUDIO_FORMAT = ProblemType("audio-format", 415, "Unsupported audio format")
AUDIO_CONTENT = ProblemType("audio-content", 422, "Unusable recording")
BODY_TOO_LARGE = ProblemType("too-large", 413, "Request too large")
BUSY = ProblemType("busy", 503, "Server busy")
CLIP_UNKNOWN = ProblemType("clip-unknown", 404, "Unknown clip")
DIMENSION_UNKNOWN = ProblemType("dimension-unknown", 404, "Unknown dimension")
ENSEMBLE_UNKNOWN = ProblemType("ensemble-unknown", 404, "Unknown ensemble")
EXAMPLE_UNKNOWN = ProblemType("example-unknown", 404, "Unknown example")
FIGURE_UNKNOWN = ProblemType("figure-unknown", 404, "Unknown figure")
FOREIGN_PAGE = ProblemType("foreign-page", 403, "Request from another site")
INVALID = ProblemType("invalid", 422, "Invalid request")
MODEL_UNKNOWN = ProblemType("model-unknown", 404, "Unknown model")
MODULE_UNKNOWN = ProblemType("module-unknown", 404, "Unknown module")
NOT_READY = ProblemType("not-ready", 503, "Server not ready")
NO_DECODER = ProblemType("no-decoder", 422, "Module without a decoder")
NO_TOKEN = ProblemType("no-token", 401, "Token required")
TOO_SLOW = ProblemType("too-slow", 408, "Request timed out")


class Problem(HTTPException):
    """An error response. `detail` names the fault and the remedy; `field` is the part of the request at fault.

    A subclass of HTTPException because FastAPI re-raises only those while it reads a body.
    """

    def __init__(
        self, kind: ProblemType, detail: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind.status, detail, headers)
        self.kind, self.field = kind, field


def invalid(field: str, fault: str) -> Problem:
    """Problem for an invalid `field`; `fault` says what it must be, without the field name and the full stop."""
    return Problem(INVALID, f"{field}: {fault}.", field=field)


def too_large(limit: int, *, field: str = "body", headers: Mapping[str, str] | None = None) -> Problem:
    """Problem for more than `limit` bytes in `field`."""
    detail = f"{field}: must be at most {limit / 2**20:.4g} MiB; send a shorter recording, or the same one as FLAC."
    return Problem(BODY_TOO_LARGE, detail, field=None if field == "body" else field, headers=headers)


@dataclass(frozen=True)
class ProblemBody:
    """Members of a problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    field: str | None = None

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        content = {name: _replace_surrogates(value) for name, value in vars(self).items() if value is not None}
        return Response(orjson.dumps(content), self.status, headers, media_type="application/problem+json")


def _replace_surrogates(value: object) -> object:
    """A field name from the client may contain lone surrogates, which UTF-8 cannot encode."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Problem type; about:blank if the status says everything."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The fault and its remedy."},
        "request_id": {"type": "string", "description": "Also in the header X-Request-ID."},
        "field": {"type": "string", "description": "Part of the request at fault."},
    },
}
"""OpenAPI schema of ProblemBody; a test compares the two."""


def problem_response(problem: Problem, request_id: str) -> Response:
    """Response for `problem`."""
    kind = problem.kind
    body = ProblemBody(kind.uri, kind.title, kind.status, problem.detail, request_id, problem.field)
    return body.response(problem.headers)


def status_response(status: int, detail: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Response for an error that has only a status."""
    return ProblemBody("about:blank", HTTPStatus(status).phrase, status, detail, request_id).response(headers)


def error_response(error: HTTPException | RequestValidationError, request_id: str) -> Response:
    """Response for an expected error."""
    if isinstance(error, RequestValidationError):
        error = _validation_problem(error.errors())
    if isinstance(error, Problem):
        return problem_response(error, request_id)
    detail = _STATUS_DETAILS.get(error.status_code, error.detail)
    return status_response(error.status_code, detail, request_id, error.headers)


def add_exception_handlers(app: FastAPI) -> None:
    """Answer the expected errors of routes with `error_response`. RequestMiddleware answers the unexpected ones."""

    @app.exception_handler(HTTPException)
    @app.exception_handler(RequestValidationError)
    async def _respond(request: Request, error: HTTPException | RequestValidationError) -> Response:
        response = error_response(error, str(request.state.request_id))
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (methods := _allowed_methods(request)):
            response.headers["Allow"] = ", ".join(methods)
        return response


def _allowed_methods(request: Request) -> list[str]:
    """Methods of all routes at this path; the framework lists only those of the first. Empty for a static file."""

    def is_allowed(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT") if is_allowed(method)]


_STATUS_DETAILS = {
    404: "Unknown path; /openapi.json lists the paths.",
    405: "This path does not support the method; the header Allow lists the supported ones.",
}


def _validation_problem(errors: Sequence[Any]) -> Problem:
    """Problem for the first of pydantic's validation errors."""
    first = errors[0]
    where, *names = first["loc"]
    field = ".".join(str(name) for name in names)[:_MAX_FIELD_LENGTH]
    kind, message = first["type"], str(first["msg"]).removeprefix("Value error, ")
    if kind == "json_invalid":
        reason = first.get("ctx", {}).get("error", "invalid JSON")
        return Problem(INVALID, f"{where}: must be JSON ({reason}, at character {field}).")
    if not names:  # the whole body: not a JSON object, or a rule about several fields, whose message is complete
        fault = f"{where}: must be a JSON object, sent with Content-Type: application/json."
        return Problem(INVALID, message if kind == "value_error" else fault)
    if kind == "missing":
        message = "is required"
    elif kind == "extra_forbidden":
        message = "is not a known field; leave it out"
    if field == "file":
        message = "is required; send the recording as a file in this field of multipart/form-data"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return invalid(field, message + more)
