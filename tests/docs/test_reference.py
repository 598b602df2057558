"""Generated pages are up to date and complete."""

from __future__ import annotations

import json

import pytest
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute

from backend.app import create_app
from backend.settings import Settings
from benchmarks.shipped import decoding_table, smoothness_table
from benchmarks.tables import RESULT_PAGES, filled
from scripts.generate_reference import PAGES, REFERENCE
from scripts.reference import bundle, configuration
from scripts.reference.cli import leaf_commands, visible_options
from scripts.reference.http_api import OPENAPI, operations
from trainer.cli.main import make_parser

STALE = "run `python -m scripts.generate_reference`"


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), STALE


@pytest.mark.parametrize("page", sorted(RESULT_PAGES.glob("*.md")), ids=lambda page: page.name)
def test_result_tables_are_up_to_date(page) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<!-- table: " in text
    assert filled(text) == text, "run `python -m benchmarks tables`"


def test_every_setting_is_documented_with_default_and_description() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in ((), "", None) else "none"
        assert f"| `{name.upper()}` | {default} | {field.description} |" in page, STALE


def test_every_command_and_option_is_documented() -> None:
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    found = list(leaf_commands(make_parser()))
    assert len(found) >= 18
    for words, help_text, parser in found:
        assert help_text, words
        _, _, section = page.partition(f"\n## {' '.join(words)}\n")
        section = section.partition("\n## ")[0]
        for option in visible_options(parser):
            assert any(f"`{text}" in section for text in option.option_strings or [option.dest.upper()]), option


def test_every_endpoint_is_documented() -> None:
    page = (REFERENCE / "http-api.md").read_text(encoding="utf-8")
    documented = {(method, path) for method, path, _ in operations(json.loads(OPENAPI.read_text(encoding="utf-8")))}
    app = create_app(Settings(models=()))
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.include_in_schema]
    assert {(method, route.path) for route in routes for method in route.methods} <= documented
    assert all(f"### `{method} {path}`" in page for method, path in documented)
    sockets = [route.path for route in app.routes if isinstance(route, WebSocketRoute)]
    assert all(f"WebSocket at `{path}`" in page for path in sockets)


def test_every_configuration_key_is_documented() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    for model in configuration.models():
        _, _, section = page.partition(f"\n## {model.__name__}\n")
        section = section.partition("\n## ")[0]
        assert [name for name in model.model_fields if f"| `{name}` |" not in section] == [], model.__name__


def test_every_file_model_of_a_bundle_is_documented() -> None:
    page = (REFERENCE / "bundle.md").read_text(encoding="utf-8")
    assert [name for name in bundle.models() if f"\n### {name}\n" not in page] == []


def test_result_tables_of_the_included_model_are_complete() -> None:
    """Three sets of recordings, with three layers, the decoder of the paper for each, and two baselines."""
    lines = decoding_table().splitlines()
    assert len(lines) == 2 + 3 * 8
    lines = smoothness_table().splitlines()
    assert len(lines) == 2 + 3 * 2 * 2, "three layers, two traversals, and GIM next to SIM"
