"""A corpus and a tiny bundle for the tests of evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.trainer.vowel_corpus import write_vowels
from trainer import bundle
from trainer.config import preset
from trainer.model import Model


@pytest.fixture(scope="session")
def vowels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic vowels of ten speakers with timed phones; tests must not write into it."""
    return write_vowels(tmp_path_factory.mktemp("corpus") / "vowels")


@pytest.fixture
def tiny_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Writes a bundle of random weights with decoders of the given modules, and returns its folder."""

    def write(*modules: int) -> Path:
        torch.manual_seed(0)
        made = Model(preset("tiny"))
        for module in modules:
            made.add_decoder(module)
        bundle.save(tmp_path / "model", made.eval())
        return tmp_path / "model"

    return write
