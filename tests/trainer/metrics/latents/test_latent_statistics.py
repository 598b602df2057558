"""Latent statistics accumulated clip by clip."""

import numpy as np
import pytest
import torch

from trainer.metrics.latents.latent_statistics import LatentStatistics
from trainer.metrics.latents.usage import usage
from trainer.model import Posterior


def posteriors() -> list[Posterior]:
    rng = torch.Generator().manual_seed(0)
    scale = torch.tensor([1.0, 3.0, 0.1, 2.0])[:, None]
    shift = torch.tensor([0.0, -1.0, 5.0, 0.0])[:, None]
    return [
        Posterior(shift + scale * torch.randn(4, frames, generator=rng), torch.zeros(4, frames)) for frames in (50, 70)
    ]


def test_statistics_equal_those_over_all_frames() -> None:
    """The reference is `usage`, which has all frames at once."""
    found = LatentStatistics()
    for posterior in posteriors():
        found.add(posterior, segment_frames=60)
    expected = usage(posteriors())
    assert found.kl.numpy() == pytest.approx(expected.kl)
    assert found.sd.numpy() == pytest.approx(expected.sd)
    assert found.mean.numpy() == pytest.approx(np.concatenate([p.mean.numpy() for p in posteriors()], 1).mean(1))
    assert [segment.shape[1] for segment in found.segments] == [50, 60]
    assert torch.equal(found.segments[1], posteriors()[1].mean[:, 5:65])


def test_dimensions_are_ranked_by_kl_or_by_sd() -> None:
    """Dimension 2 has a large mean and a small standard deviation."""
    with_kl, without = LatentStatistics(), LatentStatistics()
    for posterior in posteriors():
        with_kl.add(posterior, 60)
        without.add(Posterior(posterior.mean, None), 60)
    assert with_kl.top(2) == [2, 1]
    assert without.kl is None
    assert without.top(3) == [1, 3, 0]
