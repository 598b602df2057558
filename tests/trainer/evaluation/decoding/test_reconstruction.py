"""Reconstruction and interpolation rows of a report."""

import numpy as np
import pytest
import torch

from trainer.bundle import Report
from trainer.config import preset
from trainer.evaluation.decoding.interpolation import interpolations
from trainer.evaluation.decoding.reconstruction import add_reconstructions, reconstructions
from trainer.model import Model


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    for module in (1, 3):
        made.add_decoder(module)
    return made.eval()


def waves(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=9000 + 1000 * index).astype(np.float32) * 0.1 for index in range(count)]


def test_interpolation_ends_at_the_second_clip(model: Model) -> None:
    found = interpolations(model, 3, waves(), pairs=4)
    assert [row.swapped for row in found] == [2, 4, 8]
    assert found[-1].waveform.mean == found[-1].log_mel.mean == 0.0
    assert found[0].waveform.n == 4
    with pytest.raises(ValueError, match="no decoder"):
        interpolations(model, 2, waves(), pairs=4)


def test_reconstructions_replace_rows_of_the_same_data(model: Model) -> None:
    results = reconstructions(model, waves())
    assert [result.module for result in results] == [1, 3]
    assert all(result.correlation.n == 3 and len(result.each) == 3 for result in results)
    report = add_reconstructions(add_reconstructions(Report(), "a", results), "a", results)
    assert len(report.model_extra["reconstruction"]) == 2
