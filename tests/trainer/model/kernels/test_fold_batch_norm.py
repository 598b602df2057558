"""A model optimised for inference computes the same function."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.trainer.model.test_model import narrow
from trainer.config import Config, override, preset
from trainer.model import Model
from trainer.runtime.distributed import FrameBatchNorm


def model_with_random_norms(config: Config) -> Model:
    """A model whose batch norms have other than initial scales, shifts and statistics."""
    torch.manual_seed(0)
    model = Model(config)
    for layer in model.modules():
        if isinstance(layer, FrameBatchNorm):
            for values in (layer.weight.data, layer.running_var):
                values.uniform_(0.5, 2.0)
            for values in (layer.bias.data, layer.running_mean):
                values.uniform_(-1.0, 1.0)
    return model.eval()


def config_with_residual() -> Config:
    """`tiny` with a dilated residual layer at the end of its second module."""
    modules = [module.model_dump() for module in preset("tiny").encoder.modules]
    layer = {"kernel": 3, "padding": 2, "dilation": 2, "residual": True}
    modules[1]["convs"] = [*modules[1]["convs"], layer]
    return override(preset("tiny"), {"encoder.modules": modules})


@pytest.mark.parametrize(
    "config",
    [preset("tiny"), preset("sim-plus"), preset("demo"), config_with_residual()],
    ids=["bias", "filterbank, no bias", "strided residual", "residual"],
)
def test_folded_model_computes_same_function(config: Config) -> None:
    model = model_with_random_norms(config)
    wave = np.random.default_rng(0).normal(size=9000).astype(np.float32)
    before = model.encode(wave)
    folded = model.optimise_for_inference()
    before_norms = [
        first
        for sequence in folded.encoder.modules()
        if isinstance(sequence, torch.nn.Sequential)
        for first, second in zip(sequence, list(sequence)[1:], strict=False)
        if isinstance(second, FrameBatchNorm)
    ]
    assert all(not hasattr(layer, "kernel") for layer in before_norms), "a norm after a convolution is left"
    for expected, found in zip(before, folded.encode(wave), strict=True):
        scale = float(expected.mean.abs().max())
        torch.testing.assert_close(found.mean, expected.mean, atol=1e-4 * scale, rtol=1e-3)
        torch.testing.assert_close(found.logvar, expected.logvar, atol=1e-3, rtol=1e-3)


def test_model_without_norms_is_unchanged() -> None:
    model = Model(narrow("sim")).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    after = model.optimise_for_inference().state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_model_in_training_mode_raises() -> None:
    with pytest.raises(ValueError, match="eval"):
        Model(preset("tiny")).train().optimise_for_inference()
