"""Fusion of weak learners: one channel fitted to a group of similar channels (Murphy et al., arXiv 2405.21042).

A free Gaussian posterior (mu, log-variance) for each sample is optimised by gradient so that its fingerprint is as
similar as possible to those of the group on average. No encoder is trained, so the fused channel exists only on these
samples.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.metrics.ensembles.fingerprints import GaussianFingerprints, bhattacharyya_coefficients

Values = NDArray[np.float64]
Similarity = Literal["vi", "nmi"]
STEPS, LEARNING_RATE = 300, 0.05
_LOGVAR_RANGE = (-12.0, 4.0)


def fuse_channels(
    mean: NDArray[np.floating],
    logvar: NDArray[np.floating],
    start: int,
    steps: int = STEPS,
    similarity: Similarity = "vi",
) -> tuple[Values, Values]:
    """(mean, logvar) [N] of the channel fused from a group's `mean` and `logvar` [channels, N].

    The optimisation starts at channel number `start` and minimises the mean VI to the group, or maximises the mean NMI.
    NMI is invariant to how noisy a copy of the shared information is, so that channel may carry very few bits.
    """
    group = GaussianFingerprints(mean, logvar)
    all_samples = torch.arange(group.samples)
    fingerprints = torch.stack([group.row(sample, all_samples) for sample in range(group.samples)], dim=1)
    singles = -fingerprints.mean(2).log2().mean(1)
    entropies = 2 * singles + fingerprints.square().mean(2).log2().mean(1)
    mu = torch.tensor(mean[start], dtype=torch.float32, requires_grad=True)
    log_variance = torch.tensor(logvar[start], dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.Adam([mu, log_variance], lr=LEARNING_RATE)
    for step in range(steps):
        for part in optimiser.param_groups:
            part["lr"] = LEARNING_RATE * (0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2)
        optimiser.zero_grad()
        clamped = log_variance.clamp(*_LOGVAR_RANGE)
        torch.autograd.backward(-_mean_similarity(mu, clamped, fingerprints, singles, entropies, similarity))
        optimiser.step()
    fitted = mu.detach(), log_variance.detach().clamp(*_LOGVAR_RANGE)
    fused_mean, fused_logvar = (part.double().numpy() for part in fitted)
    return fused_mean, fused_logvar


def _mean_similarity(
    mu: Tensor, logvar: Tensor, fingerprints: Tensor, singles: Tensor, entropies: Tensor, similarity: Similarity
) -> Tensor:
    """Mean NMI, or minus mean VI, of the channel (mu, logvar) [N] to those of `fingerprints` [channels, N, N].

    `singles` and `entropies` [channels]: I(X; U) and 2 I(X; U) - I(X; U, U') of these channels.
    """
    variance = logvar.exp()
    own = bhattacharyya_coefficients(mu[:, None], variance[:, None], mu, variance)
    single = -own.mean(1).log2().mean()
    entropy = 2 * single + own.square().mean(1).log2().mean()
    # Coefficients of a joint channel are products: one multiplication for all channels
    joint = -((fingerprints * own).mean(2).log2()).mean(1)
    if similarity == "vi":
        return ((2 * single - entropy) + (2 * singles - entropies) - 2 * joint).mean()
    return ((single + singles - joint) / (entropy * entropies).clamp_min(1e-12).sqrt()).mean()
