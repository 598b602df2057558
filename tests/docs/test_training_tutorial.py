"""The commands of the training tutorial, run in order on a small corpus, with the smallest preset and few steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown_pages import DOCS, commands
from trainer import bundle
from trainer.cli.main import main

SMALLER_VALUES = {"40": "4", "120": "6", "demo": "tiny"}
TUTORIAL = DOCS / "tutorials" / "own-recordings.md"
FEW_STEPS = ["steps=2", "batch_size=4", "warmup_steps=1", "checkpoint_every=2", "validation_fraction=0.3"]
MORE_OPTIONS = {
    "corpus": ["--processes", "1"],
    "fit": [word for value in FEW_STEPS for word in ("--set", f"training.{value}")],
    "fit-decoder": [word for value in FEW_STEPS for word in ("--set", f"decoder_training.{value}")],
    "analyse": ["--clips", "8"],
    "analyse all": ["--clips", "8", "--parts", "usage,factors,evidence,map"],
    "rotate": ["--clips", "12"],
    "report": [],
}
"""Options that make each command quick; an option given twice counts as given last."""


def test_training_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for command in commands(TUTORIAL, "python -m trainer "):
        words = [SMALLER_VALUES.get(word, word) for word in command[3:]]
        name = " ".join(words[: 2 if words[0] in ("corpus", "analyse") else 1])
        options = MORE_OPTIONS.get(name) or MORE_OPTIONS[words[0]]
        assert main([*words, *options]) == 0, name
        ran.append(name)
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
