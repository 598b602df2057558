"""Write the generated pages of docs/reference: commands, HTTP API, settings, configuration, bundle, Python API.

python -m scripts.generate_reference
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scripts.reference import bundle, cli, configuration, http_api, python_api, settings

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "bundle.md": bundle.render,
    "cli.md": cli.render,
    "configuration.md": configuration.render,
    "http-api.md": http_api.render,
    "python-api.md": python_api.render,
    "settings.md": settings.render,
}


def write() -> None:
    """Write every page."""
    for name, render in PAGES.items():
        (REFERENCE / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write()
