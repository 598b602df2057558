"""Sections for pydantic models: docstring, and a table of fields with type, default, limits and meaning."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator

from pydantic import BaseModel

from scripts.reference.markdown import paragraphs, properties

Models = dict[str, type[BaseModel]]


def model_section(model: type[BaseModel], heading: str) -> str:
    """The section of one model."""
    schema = model.model_json_schema()
    own = schema.get("$defs", {}).get(schema["$ref"].rpartition("/")[2], schema) if "$ref" in schema else schema
    text = paragraphs(inspect.getdoc(model))
    return f"{heading}\n\n{text}\n\n{properties(own, attribute_docstrings(model))}"


def attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The strings under the fields of a model and of its bases, by field."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _own_docstrings(base)
    return found


def _own_docstrings(model: type[BaseModel]) -> dict[str, str]:
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    return dict(_documented(definition.body))


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in itertools.pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield field.target.id, paragraphs(str(text.value.value))
