"""OpenAPI description of the HTTP contract: `python -m backend.openapi` rewrites openapi.json."""

from __future__ import annotations

import json
from pathlib import Path

from backend.app import create_app
from backend.settings import Settings

FILE = Path(__file__).with_name("openapi.json")


def schema_text() -> str:
    """Expected content of openapi.json."""
    schema = create_app(Settings()).openapi()
    schema["info"]["version"] = "0"  # a release does not change the contract
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
