from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.trainer.model.test_model import narrow
from trainer.config import Config, override, preset
from trainer.model import Model
from trainer.runtime.distributed import FrameBatchNorm


def stirred(config: Config) -> Model:
    """A model whose norms do something: other than fresh scales, shifts and statistics."""
    torch.manual_seed(0)
    model = Model(config)
    for part in model.modules():
        if isinstance(part, FrameBatchNorm):
            for values in (part.weight.data, part.running_var):
                values.uniform_(0.5, 2.0)
            for values in (part.bias.data, part.running_mean):
                values.uniform_(-1.0, 1.0)
    return model.eval()


def residual() -> Config:
    """`tiny` with a dilated residual layer at the end of its second module."""
    modules = [module.model_dump() for module in preset("tiny").encoder.modules]
    layer = {"kernel": 3, "padding": 2, "dilation": 2, "residual": True}
    modules[1]["convs"] = [*modules[1]["convs"], layer]
    return override(preset("tiny"), {"encoder.modules": modules})


@pytest.mark.parametrize(
    "config",
    [preset("tiny"), preset("sim-plus"), preset("demo"), residual()],
    ids=["biased", "filterbank, no bias", "residual at a stride", "residual"],
)
def test_a_fused_model_is_the_same_function(config: Config) -> None:
    model = stirred(config)
    wave = np.random.default_rng(0).normal(size=9000).astype(np.float32)
    before = model.encode(wave)
    fused = model.optimise_for_inference()
    followed = [
        (first, second)
        for part in fused.encoder.modules()
        if isinstance(part, torch.nn.Sequential)
        for first, second in zip(part, list(part)[1:], strict=False)
        if isinstance(second, FrameBatchNorm)
    ]
    assert all(not hasattr(first, "kernel") for first, _ in followed), "a norm after a convolution is left"
    for one, other in zip(before, fused.encode(wave), strict=True):
        scale = float(one.mean.abs().max())
        torch.testing.assert_close(other.mean, one.mean, atol=1e-4 * scale, rtol=1e-3)
        torch.testing.assert_close(other.logvar, one.logvar, atol=1e-3, rtol=1e-3)


def test_a_model_without_norms_stays_as_it_is() -> None:
    model = Model(narrow("sim")).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    after = model.optimise_for_inference().state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_model_in_training_is_not_fused() -> None:
    with pytest.raises(ValueError, match="eval"):
        Model(preset("tiny")).train().optimise_for_inference()
