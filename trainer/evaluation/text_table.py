"""Plain-text tables for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from trainer.bundle import Estimate

Interval = tuple[float, float, float]
"""An estimate and the ends of its 95 % interval."""
Cells = Sequence[str]
Row = TypeVar("Row")


def columns(rows: Sequence[Cells]) -> list[str]:
    """One line per row of cells; each column is as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def grouped_table(
    rows: Iterable[Row],
    key: Callable[[Row], Hashable],
    title: Callable[[Sequence[Row]], str],
    head: Cells,
    cells: Callable[[Row], Cells],
) -> list[str]:
    """One titled table per distinct `key` of the rows, in order of first appearance, separated by empty lines."""
    groups: dict[Hashable, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    lines: list[str] = []
    for group in groups.values():
        lines += [title(group), *columns([head, *map(cells, group)]), ""]
    return lines[:-1]


def format_interval(
    interval: Interval | Estimate | None, *, digits: int = 3, sign: str = "", scale: float = 1.0
) -> str:
    """`0.953 [0.949, 0.957]`, after multiplication by `scale`; "" for None. `sign` "+" also writes plus signs."""
    if interval is None:
        return ""
    if isinstance(interval, Estimate):
        interval = (interval.value, interval.low, interval.high)
    middle, low, high = (format(scale * value, f"{sign}.{digits}f") for value in interval)
    return f"{middle} [{low}, {high}]"
