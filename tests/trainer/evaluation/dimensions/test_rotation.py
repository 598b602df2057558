"""The rotate command on a tiny model."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer import bundle
from trainer.cli.main import main
from trainer.evaluation.dimensions.rotation import ALIGNMENT_KEY


@pytest.fixture
def model(tiny_bundle: Callable[..., Path]) -> Path:
    return tiny_bundle(3)


def test_rotation_can_be_undone(model: Path, vowels: Path, capsys) -> None:
    before = bundle.digest(model)
    bundle.write_report(model, bundle.Report(modules=()))
    command = ["rotate", "--bundle", str(model)]
    assert main([*command, "--data", str(vowels)]) == 0
    rotation = bundle.read_report(model).model_extra[ALIGNMENT_KEY]
    assert rotation["axes"]["1"][0] == "f0"
    assert "consonant" not in rotation["axes"]["1"], "the corpus has no consonants"
    rows = {(row["module"], row["factor"]): row for row in rotation["rows"]}
    vowel = rows[1, "vowel"]
    assert 0 < vowel["aligned"]["low"] < vowel["aligned"]["bits"] < vowel["entropy"]
    assert vowel["groups"] <= 8, "a fifth of the 40 recordings; the others were used to fit the axes"
    heading = capsys.readouterr().out.splitlines()[0]
    assert re.split(r"\s{2,}", heading) == [
        "layer",
        "factor",
        "entropy",
        "as trained: dimension, bits",
        "rotated: dimension, bits",
    ]
    rotated = bundle.digest(model)
    assert rotated != before

    assert main([*command, "--data", str(vowels)]) == 0
    assert bundle.digest(model) == rotated, "rotated from the original dimensions, not again"
    assert main([*command, "--undo"]) == 0
    assert bundle.digest(model) == before
    assert ALIGNMENT_KEY not in (bundle.read_report(model).model_extra or {})


def test_recordings_without_labels_are_rejected(model: Path, vowels: Path, tmp_path: Path, capsys) -> None:
    silent = tmp_path / "silent"
    silent.mkdir()
    for number in range(4):
        (silent / f"{number}.wav").write_bytes((vowels / "0.wav").read_bytes()[:44] + bytes(19_200))
    assert main(["rotate", "--bundle", str(model), "--data", str(silent)]) == 1
    assert "these recordings have no labels for any of f0, voicing" in capsys.readouterr().err
    assert not (model / "axes.safetensors").exists()
