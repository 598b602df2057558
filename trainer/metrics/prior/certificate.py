"""Certificate of how close noisy latents are to the prior, from mutual information (Butakov et al., arXiv 2410.06993).

Gaussian noise Z ~ N(0, s^2 I) on codes f(X) of variance 1 has a capacity of (d / 2) log(1 + 1 / s^2) nats, and
KL(f(X) + Z || N(0, (1 + s^2) I)) = capacity - I(f(X); f(X) + Z). So the capacity minus a lower bound on the
information is an upper bound on the KL. If the variance is not exactly 1, (E|f(X)|^2 - d) / (2 (1 + s^2)) is added. For
uniform noise U(-e, e) on codes in [0, 1] the prior is U(-e, 1 + e).

The information bound is the contrastive one with the optimal critic, because the noise density is known:
log p(z_i | x_i) - log mean_j p(z_i | x_j); the mean of the first term is known too. It holds in expectation for
dependent codes as well and cannot exceed ln n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import cdist

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Target = Literal["gaussian", "uniform"]
NOISE = 0.1
"""s^2 for a Gaussian target, e for a uniform one."""
CONFIDENCE = 0.975
_NOISE_STREAM = 2410_06993
"""Keeps the noise independent of codes that a caller drew with the same seed."""
_CEILING_MARGIN = 1.0
"""Nats by which ln n must exceed the capacity; closer to the ceiling most of the gap is due to the bound itself."""


@dataclass(frozen=True)
class Certificate:
    """Bound on the KL divergence of one block of noisy latents from the prior.

    `kl`: estimate from above, nats; `low`, `high`: its interval, with KL <= `high` at 97.5 % confidence. `capacity`,
    `information` and `ceiling` (ln n) in nats. `binds`: the ceiling is less than 1 nat above the capacity, so fewer
    dimensions or more noise would give a tighter bound. `variation`: bound on the total variation by Pinsker's
    inequality, sqrt(KL / 2). `n` frames of `groups` recordings.
    """

    kl: float
    low: float
    high: float
    capacity: float
    information: float
    ceiling: float
    binds: bool
    variation: float
    n: int
    groups: int


def capacity(dims: int, noise: float, target: Target = "gaussian") -> float:
    """Capacity in nats of `dims` dimensions with noise of variance `noise` (s^2), or U(-e, e) for a uniform target."""
    return dims * (0.5 * math.log1p(1 / noise) if target == "gaussian" else math.log1p(1 / (2 * noise)))


def standardise(codes: NDArray[np.floating], reference: NDArray[np.floating]) -> Values:
    """`codes` [n, dims] standardised by the mean and variance of `reference` [m, dims], from other recordings.

    Standardised by their own moments, codes would appear closer to the prior. Raises ValueError if a dimension of
    `reference` is constant.
    """
    mean, sd = reference.astype(np.float64).mean(0), reference.astype(np.float64).std(0)
    if not (sd > 0).all():
        raise ValueError(f"dimension {int(np.flatnonzero(~(sd > 0))[0])} is constant and cannot be certified")
    standardised: Values = (codes.astype(np.float64) - mean) / sd
    return standardised


def certify(
    codes: Values, groups: Codes, noise: float = NOISE, target: Target = "gaussian", seed: int = 0
) -> Certificate:
    """Certificate of one block of `codes` [n, dims]: standardised, or in [0, 1] for a uniform target.

    `groups` [n]: the recording of each code; recordings are taken as independent. Raises ValueError with fewer than
    three recordings, or for uniform codes outside [0, 1].
    """
    count, dims = codes.shape
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < 3:
        raise ValueError("a certificate needs at least three recordings, because its confidence is over recordings")
    rng = np.random.default_rng([seed, _NOISE_STREAM])
    if target == "gaussian":
        noisy = codes + math.sqrt(noise) * rng.normal(size=codes.shape)
        densities = np.exp(cdist(noisy, codes, "sqeuclidean") / (-2 * noise))
        # Terms of log p - log q that are not in `densities`, sample by sample
        prior = (noisy**2).sum(1) / (2 * (1 + noise)) + dims * 0.5 * math.log1p(1 / noise)
        excess = float((noisy**2).sum(1).mean() / (2 * (1 + noise))) - dims / 2
    else:
        if codes.min() < 0 or codes.max() > 1:
            raise ValueError("codes with a uniform target must be between 0 and 1")
        noisy = codes + noise * rng.uniform(-1, 1, size=codes.shape)
        within = np.ones((count, count), dtype=np.bool_)
        for dim in range(dims):
            within &= np.abs(noisy[:, None, dim] - codes[None, :, dim]) <= noise
        densities, excess = within.astype(np.float64), 0.0
        prior = np.full(count, capacity(dims, noise, target))
    kl, error = _jackknife(densities, prior, member)
    most, ceiling = capacity(dims, noise, target), math.log(count)
    margin = float(stats.t.ppf(CONFIDENCE, len(names) - 1)) * error
    return Certificate(
        kl=kl,
        low=kl - margin,
        high=kl + margin,
        capacity=most,
        information=most + excess - kl,
        ceiling=ceiling,
        binds=ceiling - most < _CEILING_MARGIN,
        variation=min(1.0, math.sqrt(max(0.0, kl + margin) / 2)),
        n=count,
        groups=len(names),
    )


def dimension_blocks(dims: int, size: int) -> list[list[int]]:
    """Dimensions 0 .. dims - 1 in blocks of `size`; the last block may be smaller."""
    return [list(range(first, min(first + size, dims))) for first in range(0, dims, size)]


def _jackknife(densities: Values, prior: Values, member: Codes) -> tuple[float, float]:
    """Mean over i of log mean_j p(z_i | x_j) [n, n] + prior_i [n], and its leave-one-group-out standard error.

    A group is left out both as noisy samples (rows) and as codes (columns).
    """
    count, sizes = len(densities), np.bincount(member)
    groups = len(sizes)
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(groups))
    by_group = np.add.reduceat(densities[:, order], starts, axis=1)
    total = by_group.sum(1, keepdims=True)
    whole = float((np.log(total[:, 0] / count) + prior).mean())
    left = np.maximum(total - by_group, np.finfo(np.float64).tiny)
    # A difference of logs: where denormals are flushed to zero, the smallest normal number divided by a count is zero.
    each = np.log(left) - np.log(count - sizes) + prior[:, None]
    each[np.arange(count), member] = 0.0  # rows of the group that is left out
    without = each.sum(0) / (count - sizes)
    return whole, math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
