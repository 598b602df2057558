"""The one shape of every error on the wire: RFC 9457 `application/problem+json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

_LONGEST_FIELD = 80  # a field's name may come from the client
CLIENT_GONE = 499


@dataclass(frozen=True)
class Kind:
    """A sort of problem: what it is called on the wire, its status and its title."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        return f"/problems/{self.slug}"


AUDIO_FORMAT = Kind("audio-format", 415, "The recording cannot be read")
AUDIO_CONTENT = Kind("audio-content", 422, "The recording cannot be used")
BODY_TOO_LARGE = Kind("too-large", 413, "The request is too large")
BUSY = Kind("busy", 503, "The server is busy")
CLIP_UNKNOWN = Kind("clip-unknown", 404, "The clip is not here any more: encode it again")
ENSEMBLE_UNKNOWN = Kind("ensemble-unknown", 404, "There is no such ensemble")
EXAMPLE_UNKNOWN = Kind("example-unknown", 404, "There is no such example")
FIGURE_UNKNOWN = Kind("figure-unknown", 404, "There is no such figure")
FOREIGN_PAGE = Kind("foreign-page", 403, "This page may not use the server")
INVALID = Kind("invalid", 422, "The request does not hold")
DIMENSION_UNKNOWN = Kind("dimension-unknown", 404, "There is no such dimension")
MODEL_UNKNOWN = Kind("model-unknown", 404, "There is no such model")
MODULE_UNKNOWN = Kind("module-unknown", 404, "There is no such module")
NOT_READY = Kind("not-ready", 503, "The server is not ready")
NO_DECODER = Kind("no-decoder", 422, "This module cannot be heard")
NO_TOKEN = Kind("no-token", 401, "The server asks for a token")
TOO_SLOW = Kind("too-slow", 408, "The request took too long to arrive")


class Problem(HTTPException):
    """An error for a person: `detail` says what is wrong and how to mend it; `field` names the part of the request.

    An HTTPException, since FastAPI lets only those through while it reads a body.
    """

    def __init__(
        self, kind: Kind, detail: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind.status, detail, headers)
        self.kind, self.field = kind, field


def invalid(field: str, fault: str) -> Problem:
    """The part `field` of a request does not hold; `fault` continues the sentence that its name begins."""
    return Problem(INVALID, f"{field}: {fault}.", field=field)


def too_large(limit: int, *, field: str | None = None, headers: Mapping[str, str] | None = None) -> Problem:
    """More than `limit` bytes were sent."""
    detail = f"At most {limit / 2**20:.4g} MiB can be taken; send a shorter recording, or the same as FLAC."
    return Problem(BODY_TOO_LARGE, detail, field=field, headers=headers)


@dataclass(frozen=True)
class ProblemBody:
    """What goes over the wire."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    field: str | None = None

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        content = {name: _sendable(value) for name, value in vars(self).items() if value is not None}
        return Response(orjson.dumps(content), self.status, headers, media_type="application/problem+json")


def _sendable(value: object) -> object:
    """`value`, without what is no text: a field's name may be half of a pair of surrogates."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Which problem; about:blank where the status says all."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and how to mend it."},
        "request_id": {"type": "string", "description": "Also in the header X-Request-ID."},
        "field": {"type": "string", "description": "The part of the request that is at fault."},
    },
}
"""For OpenAPI; a test holds it to ProblemBody."""


def problem_response(problem: Problem, request_id: str) -> Response:
    kind = problem.kind
    body = ProblemBody(kind.uri, kind.title, kind.status, problem.detail, request_id, problem.field)
    return body.response(problem.headers)


def status_response(status: int, detail: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem that its HTTP status tells whole."""
    return ProblemBody("about:blank", HTTPStatus(status).phrase, status, detail, request_id).response(headers)


def request_id_of(request: Request) -> str:
    return str(request.state.request_id)


def install(app: FastAPI) -> None:
    """Give every error that leaves `app` the one shape. What else comes is caught in backend.middleware."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return problem_response(error, request_id_of(request))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(_problem_of(error), request_id_of(request))

    @app.exception_handler(HTTPException)
    async def _status(request: Request, error: HTTPException) -> Response:
        detail = _STATUS_DETAILS.get(error.status_code, error.detail)
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (allowed := _allowed(request)):
            headers["Allow"] = ", ".join(allowed)
        return status_response(error.status_code, detail, request_id_of(request), headers)


def _allowed(request: Request) -> list[str]:
    """The methods that the routes of this address take together; the framework tells those of the first alone. None
    where the address is a file of the page.
    """

    def taken(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT") if taken(method)]


_STATUS_DETAILS = {
    404: "There is nothing at this address; /openapi.json lists what there is.",
    405: "This address does not take this method; the header Allow lists those it takes.",
}


def _problem_of(error: RequestValidationError) -> Problem:
    """The first fault that pydantic found, in our words where its own would not help."""
    faults = error.errors()
    fault = faults[0]
    where, *names = fault["loc"]
    name = ".".join(str(part) for part in names)[:_LONGEST_FIELD]
    kind, message = fault["type"], str(fault["msg"]).removeprefix("Value error, ")
    if kind == "json_invalid":
        reason = fault.get("ctx", {}).get("error", "not JSON")
        return Problem(INVALID, f"The body is not JSON ({reason}, at character {name}).")
    if not names:
        # The body as a whole: either no JSON object at all, or a rule between several of its fields.
        own = message if kind == "value_error" else "must be a JSON object, sent with Content-Type: application/json"
        return Problem(INVALID, own if kind == "value_error" else f"The {where} {own}.")
    if kind == "missing":
        message = "is required"
    elif kind == "extra_forbidden":
        message = "is not known here; leave it out"
    if name == "file":
        message = "is required; send the recording as multipart/form-data in this field, as a file"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return invalid(name, message + more)
