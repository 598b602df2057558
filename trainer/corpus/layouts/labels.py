"""Helpers shared by the layouts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Labels = dict[str, str | float]


def merge(*sources: list[Labels]) -> list[Labels]:
    """Per recording, the labels of all `sources`; later sources win."""
    return [
        {name: value for labels in of_one for name, value in labels.items()} for of_one in zip(*sources, strict=True)
    ]


def top_folders(folder: Path, audio: Sequence[Path]) -> list[str | None]:
    """First folder of each file's path within `folder`; None for files directly in it."""
    return [path.relative_to(folder).parts[0] if path.parent != folder else None for path in audio]
