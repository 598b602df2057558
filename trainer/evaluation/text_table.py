"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

Interval = tuple[float, float, float]
"""A figure and the ends of its 95 % interval."""


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row of cells, with every column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def show(interval: Interval | None, sign: str = "") -> str:
    """`0.953 [0.949, 0.957]`; nothing where there is none."""
    if interval is None:
        return ""
    middle, low, high = (format(value, f"{sign}.3f") for value in interval)
    return f"{middle} [{low}, {high}]"
