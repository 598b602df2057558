"""A certificate of how near noisy latents are to their prior, from information alone (Butakov et al., arXiv 2410.06993).

Noise Z ~ N(0, s^2 I) on standardised codes f(X) carries at most (d / 2) log(1 + 1 / s^2) nats, its capacity, and
KL( f(X) + Z || N(0, (1 + s^2) I) ) = capacity - I(f(X); f(X) + Z). So the capacity less any lower bound on the
information bounds that KL from above. For uniform noise on codes in [0, 1] the prior is U(-e, 1 + e).

The bound is the contrastive one with the best critic, since the density of the noise is known: the mean over codes of
log p(z_i | x_i) - log mean_j p(z_i | x_j). It holds in expectation whatever codes depend on one another, and cannot
exceed ln n.
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


def standardised(codes: NDArray[np.floating]) -> Values:
    """`codes` [n, dims] with mean 0 and variance 1 each. Raises ValueError where one does not vary."""
    wide = codes.astype(np.float64)
    sd = wide.std(0)
    if not (sd > 0).all():
        raise ValueError(f"dimension {int(np.flatnonzero(~(sd > 0))[0])} does not vary, so that nothing is certified")
    unit: Values = (wide - wide.mean(0)) / sd
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
        logs = cdist(heard, codes, "sqeuclidean") / (-2 * noise)
    else:
        if codes.min() < 0 or codes.max() > 1:
            raise ValueError("codes with a uniform target lie between 0 and 1")
        heard = codes + noise * rng.uniform(-1, 1, size=codes.shape)
        near = np.ones((count, count), dtype=np.bool_)
        for dim in range(dims):
            near &= np.abs(heard[:, None, dim] - codes[None, :, dim]) <= noise
        logs = np.where(near, 0.0, -np.inf)
    information, error, freedom = _jackknifed(logs, member, len(names))
    margin = float(stats.t.ppf(CONFIDENCE, freedom)) * error
    most, ceiling = capacity(dims, noise, target), math.log(count)
    high = most - (information - margin)
    return Certificate(
        kl=most - information,
        low=most - (information + margin),
        high=high,
        capacity=most,
        information=information,
        ceiling=ceiling,
        binds=ceiling - most < _ROOM,
        variation=min(1.0, math.sqrt(max(0.0, high) / 2)),
        n=count,
        groups=len(names),
    )


def blocks(dims: int, size: int) -> list[list[int]]:
    """Dimensions in blocks of `size`, the last of which may be smaller."""
    return [list(range(first, min(first + size, dims))) for first in range(0, dims, size)]


def _jackknifed(logs: Values, member: Codes, groups: int) -> tuple[float, float, int]:
    """The bound from log p(z_i | x_j) [n, n], up to a constant, its standard error from leaving out one group after
    another, as what is heard and as what it is held against alike, and the degrees of freedom.
    """
    count = len(logs)
    own = np.diag(logs)
    highest = logs.max(1, keepdims=True)
    densities = np.exp(logs - highest)
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(groups))
    by_group = np.add.reduceat(densities[:, order], starts, axis=1)
    sizes = np.bincount(member, minlength=groups)
    total = by_group.sum(1, keepdims=True)
    whole = float((own - highest[:, 0] - np.log(total[:, 0] / count)).mean())
    # Of what is heard of a group itself nothing is asked when that group is left out, so its 0 does no harm
    left = np.maximum(total - by_group, np.finfo(np.float64).tiny)
    each = (own - highest[:, 0])[:, None] - np.log(left / (count - sizes))
    each[np.arange(count), member] = 0.0
    without = each.sum(0) / (count - sizes)
    error = math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    return whole, error, groups - 1
