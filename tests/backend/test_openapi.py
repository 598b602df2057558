from __future__ import annotations

import json

from backend.errors import PROBLEM_SCHEMA, ProblemBody
from backend.openapi import FILE, schema_text


def test_openapi_json_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), "run `python -m backend.openapi`"


def test_every_route_documents_its_problems() -> None:
    schema = json.loads(schema_text())
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert problem == PROBLEM_SCHEMA, (method, path)
            assert operation["description"], (method, path)
            assert "422" not in operation["responses"], "FastAPI's own error format is not used"


def test_problem_schema_matches_problem_body() -> None:
    body = ProblemBody("/problems/x", "title", 422, "detail", "id", "field")
    assert set(vars(body)) == set(PROBLEM_SCHEMA["properties"])
    sent = json.loads(ProblemBody("about:blank", "title", 404, "detail", "id").response().body)
    assert set(sent) == set(PROBLEM_SCHEMA["required"])
