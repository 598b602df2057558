"""A certificate of how near noisy latents are to their prior, by information alone (Butakov et al., arXiv 2410.06993).

Noise Z ~ N(0, s^2 I) on codes f(X) of variance 1 carries at most (d / 2) log(1 + 1 / s^2) nats, its capacity, and
KL( f(X) + Z || N(0, (1 + s^2) I) ) = capacity - I(f(X); f(X) + Z). So the capacity less any lower bound on the
information bounds that KL from above. Where the variance is not quite 1, (E|f(X)|^2 - d) / (2 (1 + s^2)) comes to it.
For uniform noise on codes in [0, 1] the prior is U(-e, 1 + e).

The bound is the contrastive one with the best critic, since the density of the noise is known: log p(z_i | x_i) - log
mean_j p(z_i | x_j), the first of which has a mean that is known too. It holds in expectation whatever codes depend on
one another, and cannot exceed ln n.
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
"""s^2, and e for a uniform target."""
CONFIDENCE = 0.975
_STREAM = 2410_06993
"""Of the noise: with the generator of a caller who drew codes from the same seed, it would not be independent."""
_ROOM = 1.0
"""Nats that the capacity must lie under ln n for the bound to have room: nearer to it most of the gap is its own."""


@dataclass(frozen=True)
class Certificate:
    """`kl` (nats) of the noisy latents from the prior is at most `high`, with 97.5 % confidence, and estimated from
    above as `kl`; `low` is the estimate's other end. `binds`: the ceiling ln n of what can be proved lies less than a
    nat over the capacity, so that less dimensions or more noise would prove more. `variation`: the total variation that
    follows, by Pinsker's inequality.
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
    """Nats that a code of `dims` dimensions can carry through the noise: variance s^2, or U(-e, e)."""
    return dims * (0.5 * math.log1p(1 / noise) if target == "gaussian" else math.log1p(1 / (2 * noise)))


def standardised(codes: NDArray[np.floating], by: NDArray[np.floating]) -> Values:
    """`codes` [n, dims], where those of other recordings, `by` [m, dims], have mean 0 and variance 1. By their own
    moments they would seem nearer to the prior than they are. Raises ValueError where a dimension does not vary.
    """
    mean, sd = by.astype(np.float64).mean(0), by.astype(np.float64).std(0)
    if not (sd > 0).all():
        raise ValueError(f"dimension {int(np.flatnonzero(~(sd > 0))[0])} does not vary, so that nothing is certified")
    unit: Values = (codes.astype(np.float64) - mean) / sd
    return unit


def certify(
    codes: Values, groups: Codes, noise: float = NOISE, target: Target = "gaussian", seed: int = 0
) -> Certificate:
    """Of `codes` [n, dims] of one block, standardised, or in [0, 1] for a uniform target; `groups` [n]: the recording
    of each, which are taken to vary independently. Raises ValueError where there are fewer than three.
    """
    count, dims = codes.shape
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < 3:
        raise ValueError("a certificate takes three recordings or more, since its confidence is over recordings")
    rng = np.random.default_rng([seed, _STREAM])
    if target == "gaussian":
        heard = codes + math.sqrt(noise) * rng.normal(size=codes.shape)
        densities = np.exp(cdist(heard, codes, "sqeuclidean") / (-2 * noise))
        # What log p and log q have that the other has not, pair by pair and sample by sample
        prior = (heard**2).sum(1) / (2 * (1 + noise)) + dims * 0.5 * math.log1p(1 / noise)
        excess = float((heard**2).sum(1).mean() / (2 * (1 + noise))) - dims / 2
    else:
        if codes.min() < 0 or codes.max() > 1:
            raise ValueError("codes with a uniform target lie between 0 and 1")
        heard = codes + noise * rng.uniform(-1, 1, size=codes.shape)
        near = np.ones((count, count), dtype=np.bool_)
        for dim in range(dims):
            near &= np.abs(heard[:, None, dim] - codes[None, :, dim]) <= noise
        densities, excess = near.astype(np.float64), 0.0
        prior = np.full(count, capacity(dims, noise, target))
    kl, error = _jackknifed(densities, prior, member)
    most, ceiling = capacity(dims, noise, target), math.log(count)
    margin = float(stats.t.ppf(CONFIDENCE, len(names) - 1)) * error
    return Certificate(
        kl=kl,
        low=kl - margin,
        high=kl + margin,
        capacity=most,
        information=most + excess - kl,
        ceiling=ceiling,
        binds=ceiling - most < _ROOM,
        variation=min(1.0, math.sqrt(max(0.0, kl + margin) / 2)),
        n=count,
        groups=len(names),
    )


def blocks(dims: int, size: int) -> list[list[int]]:
    """Dimensions in blocks of `size`, the last of which may be smaller."""
    return [list(range(first, min(first + size, dims))) for first in range(0, dims, size)]


def _jackknifed(densities: Values, prior: Values, member: Codes) -> tuple[float, float]:
    """The mean over i of log mean_j p(z_i | x_j) [n, n] + prior_i [n], and its standard error from leaving out one
    group after another, as what is heard and as what it is held against alike.
    """
    count, sizes = len(densities), np.bincount(member)
    groups = len(sizes)
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(groups))
    by_group = np.add.reduceat(densities[:, order], starts, axis=1)
    total = by_group.sum(1, keepdims=True)
    whole = float((np.log(total[:, 0] / count) + prior).mean())
    left = np.maximum(total - by_group, np.finfo(np.float64).tiny)
    each = np.log(left / (count - sizes)) + prior[:, None]
    each[np.arange(count), member] = 0.0  # of what is heard of a group nothing is asked when that is left out
    without = each.sum(0) / (count - sizes)
    return whole, math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
