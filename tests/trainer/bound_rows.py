"""Rows of information bounds as in a report."""

from __future__ import annotations

from typing import Any


def bound_row(representation: str, bits: float, **more: Any) -> dict[str, Any]:
    """A row with default values, overridden by `more`."""
    row = {
        "data": "here",
        "label": "phone",
        "representation": representation,
        "family": "linear",
        "bits": bits,
        "low": bits - 0.1,
        "high": bits + 0.2,
        "entropy": 3.0,
        "accuracy": bits / 4,
        "margins": [-1.0, bits, 2.0],
        "n": 100,
        "groups": 20,
        "classes": 9,
    }
    return row | more
