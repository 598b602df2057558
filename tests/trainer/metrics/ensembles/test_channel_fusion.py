"""Fusion of channels."""

import math

import numpy as np
import pytest

from trainer.metrics.ensembles.channel_fusion import fuse_channels
from trainer.metrics.ensembles.fingerprints import ConcatenatedFingerprints, GaussianFingerprints, LabelFingerprints
from trainer.metrics.ensembles.shared_information import shared_information


@pytest.mark.parametrize("similarity", ["vi", "nmi"])
def test_fused_channel_is_closer_to_the_common_signal_than_its_members(similarity: str) -> None:
    """Eight channels encode one signal with independent noise, which fusion averages out: the fused channel correlates
    more with the signal, and is more similar to its quantised levels and to unseen channels, than the best member.
    """
    rng, samples = np.random.default_rng(9), 200
    signal = rng.normal(size=samples)
    noisy = 0.8 * signal + 0.6 * rng.normal(size=(12, samples))
    sd = 2**-1.5
    means, logvars = math.sqrt(1 - sd**2) * noisy, np.full((12, samples), 2 * math.log(sd))
    fused = fuse_channels(means[:8], logvars[:8], start=0, steps=100, similarity=similarity)
    levels = np.searchsorted(np.quantile(signal, np.arange(1, 8) / 8), signal)[None]
    posteriors = GaussianFingerprints(np.stack([fused[0], *means]), np.stack([fused[1], *logvars]))
    nmi = shared_information(ConcatenatedFingerprints(posteriors, LabelFingerprints(levels))).nmi()
    assert abs(np.corrcoef(fused[0], signal)[0, 1]) > np.abs(np.corrcoef(signal, means[:8])[0, 1:]).max() + 0.05
    assert nmi[0, -1] > nmi[1:9, -1].max() + 0.05
    assert nmi[0, 9:13].mean() > nmi[1:9, 9:13].mean(1).max() + 0.05
    again = fuse_channels(means[:8], logvars[:8], start=0, steps=5)
    assert np.array_equal(again[0], fuse_channels(means[:8], logvars[:8], start=0, steps=5)[0])
