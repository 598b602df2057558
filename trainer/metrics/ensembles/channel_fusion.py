"""Many weak learners of one fragment of information made one channel (Murphy, Dillavou and Bassett, arXiv 2405.21042).

A free posterior for each sample, (mu, log-variance), is moved by gradient so that its fingerprint is as near as can be
to those of a group of channels on average. No encoder is trained: it is a channel on these samples alone.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.metrics.ensembles.fingerprints import GaussianFingerprints, coefficients

Values = NDArray[np.float64]
Similarity = Literal["vi", "nmi"]
STEPS, LEARNING_RATE = 300, 0.05
_LOGVAR = (-12.0, 4.0)


def fuse(
    mean: NDArray[np.floating],
    logvar: NDArray[np.floating],
    start: int,
    steps: int = STEPS,
    similarity: Similarity = "vi",
) -> tuple[Values, Values]:
    """The fused channel's (mean, logvar) [N] of a group's `mean` and `logvar` [channels, N], begun at the channel with
    number `start`. What is brought down is the mean VI to the group's channels, or up the mean NMI. The second is as
    high for a faint copy of what they share as for a clear one, so that the fused channel may then tell very little.
    """
    group = GaussianFingerprints(mean, logvar)
    every = torch.arange(group.samples)
    prints = torch.stack([group.row(sample, every) for sample in range(group.samples)], dim=1)
    singles = -prints.mean(2).log2().mean(1)
    owns = 2 * singles + prints.square().mean(2).log2().mean(1)
    mu = torch.tensor(mean[start], dtype=torch.float32, requires_grad=True)
    log_variance = torch.tensor(logvar[start], dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.Adam([mu, log_variance], lr=LEARNING_RATE)
    for step in range(steps):
        for part in optimiser.param_groups:
            part["lr"] = LEARNING_RATE * (0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2)
        optimiser.zero_grad()
        torch.autograd.backward(-_alike(mu, log_variance.clamp(*_LOGVAR), prints, singles, owns, similarity))
        optimiser.step()
    found = mu.detach(), log_variance.detach().clamp(*_LOGVAR)
    fused_mean, fused_logvar = (part.double().numpy() for part in found)
    return fused_mean, fused_logvar


def _alike(mu: Tensor, logvar: Tensor, prints: Tensor, singles: Tensor, owns: Tensor, similarity: Similarity) -> Tensor:
    """Mean NMI, or minus the mean VI, of the channel (mu, logvar) [N] to channels with the fingerprints `prints`
    [channels, N, N].
    """
    variance = logvar.exp()
    own = coefficients(mu[:, None], variance[:, None], mu, variance)
    single = -own.mean(1).log2().mean()
    twice = 2 * single + own.square().mean(1).log2().mean()
    # One product for all: mean_j of own x theirs
    joint = -((prints * own).mean(2).log2()).mean(1)
    if similarity == "vi":
        return ((2 * single - twice) + (2 * singles - owns) - 2 * joint).mean()
    return ((single + singles - joint) / (twice * owns).clamp_min(1e-12).sqrt()).mean()
