"""Reference of the HTTP API, from backend/openapi.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.reference.markdown import Schema, page, paragraphs, properties, table, type_text

OPENAPI = Path(__file__).parents[2] / "backend" / "openapi.json"


def render() -> str:
    """The page."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    found = list(operations(document))
    rows = [[f"[`{method} {path}`](#{_anchor(method, path)})", _first_sentence(one)] for method, path, one in found]
    schemas = sorted(document["components"]["schemas"].items())
    return page(
        "http-api",
        index=table(["request", "answer"], rows),
        requests="\n".join(_operation(*one) for one in found),
        objects="\n".join(_object(name, schema) for name, schema in schemas),
    )


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Each method and path with its operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(method: str, path: str, operation: Schema) -> str:
    parts = [f"### `{method} {path}` {{ #{_anchor(method, path)} }}\n", f"{paragraphs(operation.get('description'))}\n"]
    parameters = [
        [f"`{one['name']}`", one["in"], type_text(one["schema"]), one.get("description") or _described(one["schema"])]
        for one in operation.get("parameters", [])
    ]
    if parameters:
        parts.append(table(["parameter", "in", "type", "meaning"], parameters))
    if "requestBody" in operation:
        parts.append(f"Body: {_content(operation['requestBody'])}.\n")
    for status, answer in operation["responses"].items():
        label = "Any other status" if status == "default" else f"Status {status}"
        parts.append(f"{label}: {_content(answer) or paragraphs(answer.get('description'))}.\n")
    return "\n".join(part for part in parts if part.strip())


def _content(part: Schema) -> str:
    types = []
    for media, content in part.get("content", {}).items():
        schema = content.get("schema", {})
        kind = type_text(schema) if schema else ""
        is_object = "$ref" in schema
        types.append(f"`{media}`" + (f", [{kind}](#{kind.lower()})" if is_object else ""))
    return " or ".join(types)


def _object(name: str, schema: Schema) -> str:
    return f"### {name}\n\n{paragraphs(schema.get('description'))}\n\n{properties(schema)}"


def _described(schema: Schema) -> str:
    options: list[dict[str, Any]] = schema.get("anyOf", [])
    return str(schema.get("description") or next((one["description"] for one in options if "description" in one), ""))


def _first_sentence(operation: Schema) -> str:
    text = paragraphs(operation.get("description") or operation.get("summary")).partition("\n")[0]
    return text.partition(". ")[0].rstrip(".")


def _anchor(method: str, path: str) -> str:
    words = path.replace("{", "").replace("}", "").strip("/").replace("/", "-")
    return f"{method.lower()}-{words}"
