import os

# Progress bars of hundreds of steps drown a failure's report; read by tqdm when it is imported.
os.environ.setdefault("TQDM_MININTERVAL", "60")

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.signals import square_wave
from tests.trainer.vowel_corpus import write_vowels
from trainer import bundle
from trainer.config import preset
from trainer.model import Model


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight recordings in which buzz, hiss and silence take turns every 0.2 s: what comes in 10 to 100 ms is mostly
    what there is now.
    """
    folder, rng, rate = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0), 16_000
    for index in range(8):
        buzz = square_wave(100 + 20 * index, 1.0, rate)
        sounds = np.stack([buzz, rng.normal(size=rate), 0.01 * rng.normal(size=rate)])
        turns = np.repeat(rng.integers(3, size=5), rate // 5)
        soundfile.write(folder / f"voice{index}.wav", 0.2 * sounds[turns, np.arange(rate)].clip(-4, 4), rate)
    return folder


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
