"""Channels compared, where what they share is known."""

import math

import numpy as np
import pytest
import torch

from trainer.metrics.ensembles.channel_fusion import fuse_channels
from trainer.metrics.ensembles.fingerprints import (
    ConcatenatedFingerprints,
    GaussianFingerprints,
    JointFingerprints,
    LabelFingerprints,
    bhattacharyya_coefficients,
)
from trainer.metrics.ensembles.hot_spots import (
    DISTANCES,
    find_hot_spots,
    max_jaccard,
    medoid,
    min_samples_for,
    select_valleys,
    stability,
)
from trainer.metrics.ensembles.monte_carlo import monte_carlo_bits, monte_carlo_nmi
from trainer.metrics.ensembles.shared_information import shared_information
from trainer.metrics.probing.dimension_information import entropy_bits

N = 400


def channel(rng: np.random.Generator, bits: float, signal: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance [N] of a channel that carries `bits` of a standard normal `signal`, and is N(0, 1) in all:
    1/2 log2 (1 / v).
    """
    v = 2 ** (-2 * bits)
    signal = rng.normal(size=N) if signal is None else signal
    return math.sqrt(1 - v) * signal, np.full(N, math.log(v))


def stacked(*channels: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([one[0] for one in channels]), np.stack([one[1] for one in channels])


def exact(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """NMI and VI of hard clusterings, from their table of counts."""
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


def test_gaussians_far_apart_are_hard_clusters() -> None:
    """As posteriors this time: classes 100 apart with a deviation of 0.1, beside the same classes as labels."""
    codes = np.random.default_rng(1).integers(5, size=(2, N))
    posteriors = GaussianFingerprints(100.0 * codes, np.full((2, N), math.log(0.01)), torch.float64)
    shared = shared_information(ConcatenatedFingerprints(posteriors, LabelFingerprints(codes, torch.float64)))
    assert shared.nmi()[0, 1] == pytest.approx(exact(codes[0], codes[1])[0], abs=1e-9)
    assert shared.vi()[0, 1] == pytest.approx(exact(codes[0], codes[1])[1], abs=1e-9)
    assert shared.nmi()[0, 2] == pytest.approx(1.0, abs=1e-9)
    assert shared.vi()[0, 2] == pytest.approx(0.0, abs=1e-9)


def test_the_published_example_in_one_dimension() -> None:
    """A channel of 2.10 bits of a normal signal, by draws; its bound is 1.79: both for N without end, where E log2 of
    the mean coefficient is known for Gaussians.
    """
    v = 2 ** (-2 * 2.10)
    wide = 4 * v + (1 - v)
    bound = 0.5 * math.log2(wide / (4 * v)) + (1 - v) / (2 * wide) / math.log(2)
    assert bound == pytest.approx(1.79, abs=0.01)
    rng = np.random.default_rng(2)
    found = [
        (float(shared_information(GaussianFingerprints(m[None], lv[None])).single[0]), monte_carlo_bits(m, lv).mean())
        for m, lv in (channel(rng, 2.10) for _ in range(4))
    ]
    bounds, draws = np.mean(found, axis=0)
    assert bounds == pytest.approx(1.79, abs=0.05)
    assert draws == pytest.approx(2.10, abs=0.05)


@pytest.mark.parametrize("bits", [0.25, 0.5, 1.0, 1.5, 1.9])
def test_bound_and_draws_agree_where_channels_hold_little(bits: float) -> None:
    """The bound lies below, by less than a third of a bit, and so VI by less than two of these; in NMI that cancels."""
    rng = np.random.default_rng(3)
    signal = rng.normal(size=N)
    other = 0.8 * signal + 0.6 * rng.normal(size=N)
    first, second = channel(rng, bits, signal), channel(rng, bits, other)
    shared = shared_information(GaussianFingerprints(*stacked(first, second)))
    drawn = monte_carlo_bits(*first).mean()
    assert drawn == pytest.approx(bits, abs=0.1)
    assert drawn - 0.33 < shared.single[0] < drawn
    nmi, vi = monte_carlo_nmi(first, second)
    assert shared.nmi()[0, 1] == pytest.approx(nmi, abs=0.1)
    assert vi - 0.6 < shared.vi()[0, 1] < vi


def test_like_channels_share_all_and_independent_ones_nothing() -> None:
    rng = np.random.default_rng(4)
    signal = rng.normal(size=N)
    like = [channel(rng, 3.0, sign * signal) for sign in (1, -1)]
    shared = shared_information(GaussianFingerprints(*stacked(*like, channel(rng, 2.0), channel(rng, 2.0))))
    assert shared.nmi()[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert shared.vi()[0, 1] == pytest.approx(0.0, abs=1e-2)
    assert np.abs(shared.nmi()[2, 3]) < 0.05
    assert np.abs(shared.nmi()[0, 2]) < 0.05


def test_a_joint_channel_is_its_parts_together() -> None:
    """Two classes and three classes drawn apart: six; and a doubled hard channel tells no more than itself."""
    codes = np.random.default_rng(5).integers([[2], [3]], size=(2, N))
    labels = LabelFingerprints(codes, torch.float64)
    joint = shared_information(JointFingerprints(labels, [[0, 1], [0, 0], [0]]))
    assert joint.single[0] == pytest.approx(entropy_bits(3 * codes[0] + codes[1]), abs=1e-9)
    assert joint.single[1] == pytest.approx(entropy_bits(codes[0]), abs=1e-9)
    assert joint.single[0] == pytest.approx(shared_information(labels).joint[0, 1], abs=1e-9)


def test_drawn_samples_count_as_often_as_they_were_drawn() -> None:
    rng = np.random.default_rng(6)
    mean, logvar = stacked(channel(rng, 1.0), channel(rng, 2.0))
    drawn = rng.integers(N, size=N)
    found = shared_information(GaussianFingerprints(mean, logvar), drawn)
    copied = shared_information(GaussianFingerprints(mean[:, drawn], logvar[:, drawn]))
    assert found.single == pytest.approx(copied.single, abs=1e-5)
    assert found.joint == pytest.approx(copied.joint, abs=1e-5)


def test_rows_are_the_coefficients_of_the_formula() -> None:
    """(mu_i - mu_j)^2 / (8 s) + 0.5 [log s - (logvar_i + logvar_j) / 2], s the mean variance."""
    rng = np.random.default_rng(10)
    mean, logvar = rng.normal(size=(2, 3, 20))
    every, some = torch.arange(20), torch.tensor([4, 4, 1])
    fingerprints = GaussianFingerprints(mean, logvar, torch.float64)
    between = (np.exp(logvar[:, 7:8]) + np.exp(logvar)) / 2
    distance = (mean[:, 7:8] - mean) ** 2 / (8 * between) + (np.log(between) - (logvar[:, 7:8] + logvar) / 2) / 2
    assert fingerprints.row(7, every).numpy() == pytest.approx(np.exp(-distance), abs=1e-12)
    assert torch.equal(fingerprints.row(7, some), fingerprints.row(7, every)[:, some])
    both = (torch.from_numpy(part) for part in (mean[:, 7:8], np.exp(logvar[:, 7:8]), mean, np.exp(logvar)))
    assert bhattacharyya_coefficients(*both).numpy() == pytest.approx(np.exp(-distance), abs=1e-12)


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="not finite"):
        GaussianFingerprints(np.full((1, 4), np.nan), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="channels, samples"):
        GaussianFingerprints(np.zeros((1, 4)), np.zeros((1, 5)))
    with pytest.raises(ValueError, match="same samples"):
        ConcatenatedFingerprints(LabelFingerprints(np.zeros((1, 4), int)), LabelFingerprints(np.zeros((1, 5), int)))
    with pytest.raises(ValueError, match="min_samples is 9"):
        find_hot_spots(np.zeros((4, 4)), 9)


def planted(models: int = 8, signals: int = 3, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Channels of `models` models, each of which has found `signals` signals again, and one thing of its own."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(signals, N))
    own = [
        channel(rng, 2.0, 0.99 * found[k] + 0.14 * rng.normal(size=N) if k < signals else None)
        for _ in range(models)
        for k in range(signals + 1)
    ]
    return stacked(*own)


@pytest.mark.parametrize("distance", ["nmi", "vi"])
def test_planted_hot_spots_are_found_and_stable(distance: str) -> None:
    mean, logvar = planted()
    fingerprints = GaussianFingerprints(mean, logvar)
    apart = DISTANCES[distance](shared_information(fingerprints))
    found = find_hot_spots(apart, min_samples_for(8), max_channels=16)
    for truth in ({4 * model + k for model in range(8)} for k in range(3)):
        # A valley's last channel may be the first that is outside
        assert any(truth <= set(spot) and len(spot) <= len(truth) + 1 for spot in found.spots)
    assert len(found.spots) == 3
    assert sorted(found.order.tolist()) == list(range(32))
    assert np.isinf(found.reachability[found.order[0]])
    rng = np.random.default_rng(8)
    again = [
        find_hot_spots(
            DISTANCES[distance](shared_information(fingerprints, rng.integers(N, size=N))), 3, max_channels=16
        ).spots
        for _ in range(5)
    ]
    assert all(one.mean > 0.9 for one in stability(found.spots, again))
    assert all(medoid(spot, apart) in spot for spot in found.spots)


def test_a_valley_counts_unless_those_within_it_are_deeper() -> None:
    """Two deep valleys within a shallow one; and a deep one with a ripple on its floor."""
    plot = np.array([np.inf, 5, 5, 4, 1, 1, 1, 3.9, 1, 1, 1, 4.5, 5])
    assert select_valleys(plot, [(3, 6), (7, 10), (3, 10)]) == [(3, 6), (7, 10)]
    plot = np.array([np.inf, 5, 5, 4, 1.2, 1.1, 1.2, 1.2, 1.1, 1.1, 1.2, 4.5, 5])
    assert select_valleys(plot, [(7, 9), (3, 10)]) == [(3, 10)]
    assert select_valleys(plot, []) == []


def test_overlap_is_jaccards() -> None:
    assert max_jaccard((1, 2, 3), [(2, 3, 4), (9,)]) == pytest.approx(0.5)
    assert max_jaccard((1, 2), []) == 0.0
    assert max_jaccard((), [(1,)]) == 0.0
    assert min_samples_for(50) == 20
    assert min_samples_for(4) == 3


@pytest.mark.parametrize("similarity", ["vi", "nmi"])
def test_a_channel_fused_from_weak_learners_is_nearer_to_what_they_have_in_common(similarity: str) -> None:
    """Eight channels that each see the signal through noise of their own, which the fused one averages out: it follows
    the signal better than the best of them, is nearer to the signal's levels, and to channels it was not made of.
    """
    rng, samples = np.random.default_rng(9), 200
    signal = rng.normal(size=samples)
    heard = 0.8 * signal + 0.6 * rng.normal(size=(12, samples))
    sd = 2**-1.5
    means, logvars = math.sqrt(1 - sd**2) * heard, np.full((12, samples), 2 * math.log(sd))
    fused = fuse_channels(means[:8], logvars[:8], start=0, steps=100, similarity=similarity)
    levels = np.searchsorted(np.quantile(signal, np.arange(1, 8) / 8), signal)[None]
    posteriors = GaussianFingerprints(np.stack([fused[0], *means]), np.stack([fused[1], *logvars]))
    nmi = shared_information(ConcatenatedFingerprints(posteriors, LabelFingerprints(levels))).nmi()
    assert abs(np.corrcoef(fused[0], signal)[0, 1]) > np.abs(np.corrcoef(signal, means[:8])[0, 1:]).max() + 0.05
    assert nmi[0, -1] > nmi[1:9, -1].max() + 0.05
    assert nmi[0, 9:13].mean() > nmi[1:9, 9:13].mean(1).max() + 0.05
    again = fuse_channels(means[:8], logvars[:8], start=0, steps=5)
    assert np.array_equal(again[0], fuse_channels(means[:8], logvars[:8], start=0, steps=5)[0])
