"""Usage of latent dimensions with known statistics."""

import numpy as np
import pytest
import torch

from trainer.metrics.latents.usage import usage
from trainer.model import Posterior


def test_usage_of_known_posteriors() -> None:
    """Dimension 0 equals the prior, 1 has a known mean, 2 a known variance."""
    mean, logvar = torch.zeros(3, 400), torch.zeros(3, 400)
    mean[1, ::2], mean[1, 1::2] = 2.0, -2.0
    logvar[2] = -2.0
    found = usage([Posterior(mean[:, :100], logvar[:, :100]), Posterior(mean[:, 100:], logvar[:, 100:])])
    assert found.kl == pytest.approx([0.0, 2.0, 0.5 * (np.exp(-2) - 1 + 2)], abs=1e-6)
    assert found.active.tolist() == [False, True, True]
    assert found.mean == pytest.approx([0.0, 0.0, 0.0])
    assert found.sd == pytest.approx([0.0, 2.0, 0.0])
    assert found.frame_rms == pytest.approx(np.full(400, np.sqrt(4 / 3)))


def test_deterministic_usage_is_by_standard_deviation() -> None:
    mean = torch.zeros(2, 50)
    mean[1] = torch.randn(50, generator=torch.Generator().manual_seed(0))
    found = usage([Posterior(mean, None)])
    assert found.kl is None
    assert found.active.tolist() == [False, True]
    assert usage([Posterior(mean * 1e-4, None)]).active.tolist() == [False, True], "independent of scale"
    assert not usage([Posterior(torch.ones(2, 50), None)]).active.any()


def test_outer_bins_include_values_beyond_the_range() -> None:
    mean = torch.tensor([[-6.1, -6.0, -5.76, -0.01, 0.0, 0.24, 0.25, 5.9, 6.0, 1e6], [1.1] * 10])
    found = usage([Posterior(mean[:, :4], None), Posterior(mean[:, 4:], None)])
    assert found.counts.shape == (2, 48)
    assert {int(bin): int(found.counts[0, bin]) for bin in found.counts[0].nonzero()[0]} == {
        0: 3,
        23: 1,
        24: 2,
        25: 1,
        47: 3,
    }
    assert found.counts[1, 28] == found.counts[1].sum() == 10
    assert found.mean[1] == pytest.approx(1.1)


def test_histogram_of_normal_latents_is_the_normal_density() -> None:
    mean = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    edges = torch.linspace(-6, 6, 49)
    expected = torch.special.ndtr(edges).diff().numpy()
    assert usage([Posterior(mean, None)]).counts / 100_000 == pytest.approx(np.stack([expected, expected]), abs=0.005)


def test_frame_rms_quantiles_of_standard_normal_latents() -> None:
    mean = torch.randn(64, 20_000, generator=torch.Generator().manual_seed(0))
    quantiles = usage([Posterior(mean, None)]).frame_rms_quantiles
    assert len(quantiles) == 101
    assert quantiles[50] == pytest.approx(1.0, abs=0.01)
