"""Fingerprints of channels."""

import numpy as np
import pytest
import torch

from trainer.metrics.ensembles.fingerprints import (
    ConcatenatedFingerprints,
    GaussianFingerprints,
    LabelFingerprints,
    bhattacharyya_coefficients,
)
from trainer.metrics.ensembles.hot_spots import find_hot_spots


def test_rows_equal_the_formula() -> None:
    """e^-D with D = (mu_i - mu_j)^2 / (8 s) + 0.5 [log s - (logvar_i + logvar_j) / 2], s the mean variance."""
    rng = np.random.default_rng(10)
    mean, logvar = rng.normal(size=(2, 3, 20))
    all_samples, some = torch.arange(20), torch.tensor([4, 4, 1])
    fingerprints = GaussianFingerprints(mean, logvar, torch.float64)
    between = (np.exp(logvar[:, 7:8]) + np.exp(logvar)) / 2
    distance = (mean[:, 7:8] - mean) ** 2 / (8 * between) + (np.log(between) - (logvar[:, 7:8] + logvar) / 2) / 2
    assert fingerprints.row(7, all_samples).numpy() == pytest.approx(np.exp(-distance), abs=1e-12)
    assert torch.equal(fingerprints.row(7, some), fingerprints.row(7, all_samples)[:, some])
    both = (torch.from_numpy(part) for part in (mean[:, 7:8], np.exp(logvar[:, 7:8]), mean, np.exp(logvar)))
    assert bhattacharyya_coefficients(*both).numpy() == pytest.approx(np.exp(-distance), abs=1e-12)


def test_invalid_inputs_raise() -> None:
    with pytest.raises(ValueError, match="not finite"):
        GaussianFingerprints(np.full((1, 4), np.nan), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="channels, samples"):
        GaussianFingerprints(np.zeros((1, 4)), np.zeros((1, 5)))
    with pytest.raises(ValueError, match="same samples"):
        ConcatenatedFingerprints(LabelFingerprints(np.zeros((1, 4), int)), LabelFingerprints(np.zeros((1, 5), int)))
    with pytest.raises(ValueError, match="min_samples is 9"):
        find_hot_spots(np.zeros((4, 4)), 9)
