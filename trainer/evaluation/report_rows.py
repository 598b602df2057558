"""Rows of results in a report, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trainer.bundle import Report


def replace_rows(report: Report, key: str, data: str, rows: Iterable[Mapping[str, Any]]) -> Report:
    """`report` with `rows` under `key`, in place of those there whose `data` is the same."""
    kept = [row for row in (report.model_extra or {}).get(key, []) if row["data"] != data]
    return report.model_copy(update={key: [*kept, *rows]})
