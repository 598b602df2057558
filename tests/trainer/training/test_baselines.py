"""The baselines of SIM: `cpc`, `supervised` and `untrained`."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.signals import sine
from tests.trainer.training_runs import ON_CPU, metrics, weights
from trainer import bundle
from trainer.config import Config, override, preset
from trainer.corpus import CorpusError
from trainer.model import Model
from trainer.training.fit_decoder import fit_decoder
from trainer.training.fit_encoder import fit

RATE = 16_000
SIZES = {"hidden": 16, "dims": 8}


def small(name: str, **settings: object) -> Config:
    """The preset with few channels and steps."""
    tree = preset(name).model_dump()
    changes = {
        "encoder.modules": [{**module, **SIZES} for module in tree["encoder"]["modules"]],
        "training.steps": min(2, tree["training"]["steps"]),
        "training.batch_size": 4,
        "decoder_training.steps": 2,
        "decoder_training.batch_size": 2,
        "decoder.channels": 4,
    }
    return override(preset(name), {**changes, **{key.replace("__", "."): value for key, value in settings.items()}})


@pytest.fixture(scope="module")
def syllables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve words of one syllable each, with an audible difference: ba is noise, bu a tone."""
    folder, rng = tmp_path_factory.mktemp("syllables"), np.random.default_rng(0)
    for index in range(12):
        sound, syllable = (rng.normal(size=RATE), "ba") if index % 2 else (sine(120, 1.0, RATE), "bu")
        soundfile.write(folder / f"{'abcdefghijkl'[index]}{syllable}_1_1_{syllable}.wav", 0.1 * sound.clip(-4, 4), RATE)
    return folder


@pytest.mark.parametrize("name", ["cpc", "supervised", "untrained"])
def test_baseline_bundle_encodes_and_takes_a_decoder(name: str, syllables: Path, tmp_path: Path) -> None:
    config = small(name)
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    assert fit_decoder(tmp_path, config, 1, [syllables], **ON_CPU)
    model = bundle.load(tmp_path)
    assert model.modules_count == (1 if name == "cpc" else 3)
    assert model.encode(np.zeros(RATE, dtype=np.float32))[-1].mean.shape == (8, 100)


def test_supervised_learns_the_label(syllables: Path, tmp_path: Path) -> None:
    config = small(
        "supervised",
        encoder__batch_norm=True,
        training__steps=60,
        training__batch_size=8,
        training__learning_rate=1e-3,
        training__split_by="recording",
        training__validation_fraction=0.3,
    )
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    # Training metrics: the running statistics of batch norm are poor estimates with so few recordings.
    *_, last = [record for record in metrics(tmp_path) if record["split"] == "train"]
    assert last["loss"] < 0.3 < np.log(2)
    assert last["accuracy"] == 1.0
    assert {"loss", "accuracy"} <= metrics(tmp_path)[-1].keys()


def test_supervised_without_the_label_raises(syllables: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no label 'emotion'.*choose another"):
        fit(small("supervised", objective__label="emotion"), [syllables], tmp_path, **ON_CPU)


def test_untrained_has_the_initial_weights_of_the_seed(syllables: Path, tmp_path: Path) -> None:
    config = small("untrained", training__seed=5)
    assert fit(config, [syllables], tmp_path, **ON_CPU)
    torch.manual_seed(5)
    initial = Model(config).encoder.state_dict()
    saved = weights(tmp_path)
    assert all(torch.equal(saved[name], value) for name, value in initial.items())
