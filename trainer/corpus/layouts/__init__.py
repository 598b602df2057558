"""Labels from the paths of recordings, for common folder layouts.

A layout is a function of the folder and its audio files that returns the labels of each file, or None if the folder
does not have this layout. To add one, write a module here, add its function to LAYOUTS, and describe it in folder.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.corpus.layouts.class_folders import class_folders
from trainer.corpus.layouts.flat import flat
from trainer.corpus.layouts.labels import Labels
from trainer.corpus.layouts.librispeech import librispeech
from trainer.corpus.layouts.split_folders import split_folders

Layout = Callable[[Path, Sequence[Path]], list[Labels] | None]

LAYOUTS: tuple[Layout, ...] = (librispeech, split_folders, class_folders, flat)
"""In order of precedence: the first that applies counts."""


def layout_labels(folder: Path, audio: Sequence[Path]) -> list[Labels]:
    """Labels of each of the `audio` files, which are under `folder`, by the first layout that applies."""
    found = (layout(folder, audio) for layout in LAYOUTS)
    return next((labels for labels in found if labels is not None), [{} for _ in audio])
