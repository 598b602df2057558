"""The commands of the training tutorial, run in order on a small corpus with a few training steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown_pages import DOCS, commands
from trainer import bundle
from trainer.cli.main import main

TUTORIAL = DOCS / "tutorials" / "own-recordings.md"
FEW_STEPS = ["steps=2", "batch_size=4", "warmup_steps=1", "checkpoint_every=2", "validation_fraction=0.3"]
SMALLER = {
    "corpus": [],
    "fit": [word for value in FEW_STEPS for word in ("--set", f"training.{value}")],
    "fit-decoder": [word for value in FEW_STEPS for word in ("--set", f"decoder_training.{value}")],
    "analyse": ["--clips", "12"],
    "rotate": ["--clips", "12"],
    "report": [],
}
"""Options that make each command quick; an option given twice counts as given last."""


def test_training_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for command in commands(TUTORIAL, "python -m trainer "):
        words = ["6" if word in ("40", "120") else word for word in command[3:]]
        assert main([*words, *SMALLER[words[0]]]) == 0, " ".join(words)
        ran.append(" ".join(words[: 2 if words[0] in ("corpus", "analyse") else 1]))
    assert ran == [
        "corpus synth",
        "fit",
        "fit-decoder",
        "fit",
        "analyse usage",
        "analyse reconstruction",
        "analyse all",
        "report",
        "rotate",
    ]
    model = bundle.load(tmp_path / "models" / "mine")
    assert all(model.has_decoder(module) for module in (1, 2, 3))
    assert (tmp_path / "models" / "mine" / "report.html").is_file()
