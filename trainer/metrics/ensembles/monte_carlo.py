"""Monte Carlo estimate of a channel's information about the samples, to compare with the bound of shared_information.

I(X; U) = E log2[p(u | x) / mean_j p(u | x_j)] with u drawn from p(u | x) (Murphy, Dillavou and Bassett, arXiv
2405.21042); at most log2 N for N samples.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.metrics.ensembles.fingerprints import Values

Bits = NDArray[np.float64]
DRAWS = 20_000
_BLOCK_VALUES = 1 << 22


def monte_carlo_bits(mean: Values, logvar: Values, draws: int = DRAWS, seed: int = 0) -> Bits:
    """Bits of each sample [N]; their mean is I(X; U).

    `mean` and `logvar` [N]: posteriors of one channel, or [parts, N] of a joint channel. About `draws` draws in total,
    equally many per sample.
    """
    means, logvars = (torch.from_numpy(np.atleast_2d(part).astype(np.float64)) for part in (mean, logvar))
    parts, samples = means.shape
    each = max(1, -(-draws // samples))
    precision, sd = torch.exp(-logvars), torch.exp(logvars / 2)
    generator = torch.Generator().manual_seed(seed)
    bits = torch.empty(samples, dtype=torch.float64)
    block = max(1, _BLOCK_VALUES // (each * samples))
    for first in range(0, samples, block):
        here = slice(first, min(first + block, samples))
        count = here.stop - first
        noise = torch.randn((parts, count, each), generator=generator, dtype=torch.float64)
        drawn = means[:, here, None] + sd[:, here, None] * noise
        own = -(noise.square() + logvars[:, here, None]).sum(0) / 2
        log_densities = torch.zeros(count, each, samples, dtype=torch.float64)
        for part in range(parts):
            offset = (drawn[part, :, :, None] - means[part]).square_().mul_(precision[part]).add_(logvars[part])
            log_densities.sub_(offset, alpha=0.5)
        bits[here] = (own - log_densities.logsumexp(2) + math.log(samples)).mean(1) / math.log(2)
    return bits.numpy()


def monte_carlo_nmi(
    channel: tuple[Values, Values], other: tuple[Values, Values], draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Monte Carlo NMI and VI (bits) of two channels, each (mean, logvar) [N]."""

    def bits(*parts: tuple[Values, Values]) -> float:
        mean, logvar = (np.stack([part[index] for part in parts]) for index in (0, 1))
        return float(monte_carlo_bits(mean, logvar, draws, seed).mean())

    first, second = bits(channel), bits(other)
    both, first_twice, second_twice = bits(channel, other), bits(channel, channel), bits(other, other)
    scale = math.sqrt(max(0.0, (2 * first - first_twice) * (2 * second - second_twice)))
    nmi = (first + second - both) / scale if scale > 0 else 0.0
    return nmi, 2 * both - first_twice - second_twice
