"""Folders named after the parts of a split, such as train/, validation/ and test/."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainer.corpus.layouts.flat import flat
from trainer.corpus.layouts.labels import Labels, merge, top_folders
from trainer.corpus.split import SPLITS


def split_folders(folder: Path, audio: Sequence[Path]) -> list[Labels] | None:
    """Label split, and the labels of a flat folder. Applies if all top folders are named after parts."""
    tops = top_folders(folder, audio)
    if not tops or not all(top is not None and top.lower() in SPLITS for top in tops):
        return None
    return merge([{"split": str(top).lower()} for top in tops], flat(folder, audio))
