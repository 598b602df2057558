"""Reference of the server's settings."""

from __future__ import annotations

from backend.settings import RENAMED, Settings
from scripts.reference.markdown import page, table


def render() -> str:
    """The page."""
    renamed = ([f"`{old}`", f"`{new}`"] for old, new in RENAMED.items())
    return page("settings", table=settings_table(), renamed=table(["old name", "name"], renamed))


def settings_table() -> str:
    """A row per setting: variable, default and meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in ((), "", None) else "none"
        rows.append([f"`{name.upper()}`", default, field.description or ""])
    return table(["variable", "default", "meaning"], rows)
