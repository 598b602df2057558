"""NMI and VI of channels with known shared information."""

import math

import numpy as np
import pytest
import torch

from tests.trainer.metrics.ensembles.gaussian_channel import N, gaussian_channel, stack_channels
from trainer.metrics.ensembles.fingerprints import (
    ConcatenatedFingerprints,
    GaussianFingerprints,
    JointFingerprints,
    LabelFingerprints,
)
from trainer.metrics.ensembles.shared_information import shared_information
from trainer.metrics.probing.dimension_information import entropy_bits


def exact(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """NMI and VI of hard clusterings from their contingency table."""
    both = entropy_bits(np.unique(first * 1000 + second, return_inverse=True)[1])
    one, other = entropy_bits(first), entropy_bits(second)
    return (one + other - both) / math.sqrt(one * other), 2 * both - one - other


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hard_clusters_have_their_exact_nmi_and_vi(dtype: torch.dtype) -> None:
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(7, size=N), rng.integers(2, size=N), rng.integers(30, size=N)])
    codes = np.concatenate([codes, codes[:1] // 2, codes[:1]])
    shared = shared_information(LabelFingerprints(codes, dtype))
    nmi, vi = shared.nmi(), shared.vi()
    for i in range(len(codes)):
        assert shared.single[i] == pytest.approx(entropy_bits(codes[i]), abs=1e-9)
        for j in range(len(codes)):
            assert (nmi[i, j], vi[i, j]) == pytest.approx(exact(codes[i], codes[j]), abs=1e-9)


def test_well_separated_gaussians_are_hard_clusters() -> None:
    """Posteriors 100 apart with sd 0.1 equal the same classes as labels."""
    codes = np.random.default_rng(1).integers(5, size=(2, N))
    posteriors = GaussianFingerprints(100.0 * codes, np.full((2, N), math.log(0.01)), torch.float64)
    shared = shared_information(ConcatenatedFingerprints(posteriors, LabelFingerprints(codes, torch.float64)))
    assert shared.nmi()[0, 1] == pytest.approx(exact(codes[0], codes[1])[0], abs=1e-9)
    assert shared.vi()[0, 1] == pytest.approx(exact(codes[0], codes[1])[1], abs=1e-9)
    assert shared.nmi()[0, 2] == pytest.approx(1.0, abs=1e-9)
    assert shared.vi()[0, 2] == pytest.approx(0.0, abs=1e-9)


def test_equal_channels_share_everything_and_independent_ones_nothing() -> None:
    rng = np.random.default_rng(4)
    signal = rng.normal(size=N)
    equal = [gaussian_channel(rng, 3.0, sign * signal) for sign in (1, -1)]
    shared = shared_information(
        GaussianFingerprints(*stack_channels(*equal, *(gaussian_channel(rng, 2.0) for _ in range(2))))
    )
    assert shared.nmi()[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert shared.vi()[0, 1] == pytest.approx(0.0, abs=1e-2)
    assert np.abs(shared.nmi()[2, 3]) < 0.05
    assert np.abs(shared.nmi()[0, 2]) < 0.05


def test_joint_channel_has_the_information_of_its_parts() -> None:
    """Two independent labels of 2 and 3 classes make 6; a hard channel joined with itself gains nothing."""
    codes = np.random.default_rng(5).integers([[2], [3]], size=(2, N))
    labels = LabelFingerprints(codes, torch.float64)
    joint = shared_information(JointFingerprints(labels, [[0, 1], [0, 0], [0]]))
    assert joint.single[0] == pytest.approx(entropy_bits(3 * codes[0] + codes[1]), abs=1e-9)
    assert joint.single[1] == pytest.approx(entropy_bits(codes[0]), abs=1e-9)
    assert joint.single[0] == pytest.approx(shared_information(labels).joint[0, 1], abs=1e-9)


def test_repeated_samples_count_repeatedly() -> None:
    rng = np.random.default_rng(6)
    mean, logvar = stack_channels(gaussian_channel(rng, 1.0), gaussian_channel(rng, 2.0))
    drawn = rng.integers(N, size=N)
    found = shared_information(GaussianFingerprints(mean, logvar), drawn)
    copied = shared_information(GaussianFingerprints(mean[:, drawn], logvar[:, drawn]))
    assert found.single == pytest.approx(copied.single, abs=1e-5)
    assert found.joint == pytest.approx(copied.joint, abs=1e-5)
