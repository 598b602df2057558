"""Latent statistics of a model."""

import numpy as np
import torch

from trainer.config import override, preset
from trainer.evaluation.decoding.gather_statistics import gather_statistics
from trainer.model import Model


def waves(count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=9000 + 6000 * index).astype(np.float32) * 0.1 for index in range(count)]


def test_segments_are_about_a_second_of_each_clip() -> None:
    torch.manual_seed(0)
    model = Model(preset("tiny")).eval()
    found = gather_statistics(model, [1, 3], iter(waves()))
    assert [segment.shape[1] for segment in found[3].segments] == [
        model.geometry[2].frames(9000),
        model.geometry[2].frames(15_000),
        100,
    ]
    assert torch.equal(found[1].segments[0], model.encode(waves()[0])[0].mean)
    deterministic = Model(override(preset("tiny"), {"encoder.probabilistic": False})).eval()
    assert gather_statistics(deterministic, [2], waves())[2].kl is None
