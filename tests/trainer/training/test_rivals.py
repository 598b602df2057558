"""The rivals of SIM through the same code: what each of them is trained on, and what it leaves."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.training_runs import ON_CPU, metrics, weights
from trainer import bundle
from trainer.config import Config, override, preset
from trainer.corpus import CorpusError
from trainer.model import Model
from trainer.training.fit_decoder import fit_decoder
from trainer.training.fit_encoder import fit

RATE = 16_000
SIZES = {"hidden": 16, "dims": 8}


def narrow(name: str, **settings: object) -> Config:
    """The preset at a width and length that a test can afford."""
    tree = preset(name).model_dump()
    small = {
        "encoder.modules": [{**module, **SIZES} for module in tree["encoder"]["modules"]],
        "training.steps": min(2, tree["training"]["steps"]),
        "training.batch_size": 4,
        "decoder_training.steps": 2,
        "decoder_training.batch_size": 2,
        "decoder.channels": 4,
    }
    return override(preset(name), {**small, **{key.replace("__", "."): value for key, value in settings.items()}})


@pytest.fixture(scope="module")
def syllables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve words of one syllable each, which a blind man could tell apart: ba hisses, bu hums."""
    folder, rng = tmp_path_factory.mktemp("syllables"), np.random.default_rng(0)
    for index in range(12):
        hum = np.sin(2 * np.pi * 120 * np.arange(RATE) / RATE)
        sound, syllable = (rng.normal(size=RATE), "ba") if index % 2 else (hum, "bu")
        soundfile.write(folder / f"{'abcdefghijkl'[index]}{syllable}_1_1_{syllable}.wav", 0.1 * sound.clip(-4, 4), RATE)
    return folder


@pytest.mark.parametrize("name", ["cpc", "supervised", "untrained"])
def test_a_rival_leaves_a_bundle_that_encodes_and_takes_a_decoder(name: str, syllables: Path, tmp_path: Path) -> None:
    config = narrow(name)
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    assert fit_decoder(tmp_path, config, 1, [syllables], **ON_CPU)
    model = bundle.load(tmp_path)
    assert model.modules_count == (1 if name == "cpc" else 3)
    assert model.encode(np.zeros(RATE, dtype=np.float32))[-1].mean.shape == (8, 100)


def test_supervision_learns_the_label(syllables: Path, tmp_path: Path) -> None:
    config = narrow(
        "supervised",
        encoder__batch_norm=True,
        training__steps=60,
        training__batch_size=8,
        training__learning_rate=1e-3,
        training__split_by="recording",
        training__validation_fraction=0.3,
    )
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    # Of training: batch norm's running statistics mean little for so few and so different sounds.
    *_, last = [record for record in metrics(tmp_path) if record["side"] == "train"]
    assert last["loss"] < 0.3 < np.log(2)
    assert last["accuracy"] == 1.0
    assert {"loss", "accuracy"} <= metrics(tmp_path)[-1].keys()


def test_supervision_without_the_label_says_which_is_missing(syllables: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no label 'emotion'.*choose another"):
        fit(narrow("supervised", objective__label="emotion"), [syllables], tmp_path, **ON_CPU)


def test_untrained_are_the_weights_of_the_seed(syllables: Path, tmp_path: Path) -> None:
    config = narrow("untrained", training__seed=5)
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    torch.manual_seed(5)
    born = Model(config).encoder.state_dict()
    left = weights(tmp_path)
    assert all(torch.equal(left[name], value) for name, value in born.items())
