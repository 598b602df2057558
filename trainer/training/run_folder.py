"""The folder `run` of a bundle: checkpoints, metrics and decoded recordings. It is no part of the model."""

from __future__ import annotations

from pathlib import Path


def run_folder(bundle: Path) -> Path:
    """The run folder of the bundle at `bundle`, created if needed."""
    folder = bundle / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
