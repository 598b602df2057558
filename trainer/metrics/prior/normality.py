"""How far one dimension is from N(0, 1): moments, Kolmogorov-Smirnov, Anderson-Darling, and quantiles to draw.

All as distances that do not grow with the sample, beside intervals and chances that take n for what frames are worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Values = NDArray[np.float64]
Interval = tuple[float, float, float]
"""A figure and the ends of its 95 % interval."""
NORMALITY_KEY, DIMENSIONS_KEY, CERTIFICATES_KEY = "normality", "normality_dimensions", "certificates"
"""Where a report has how normal modules are, how normal each dimension is, and what is certified."""
PROBABILITIES = tuple(float(p) for p in np.round(np.linspace(0.01, 0.99, 29), 4))
"""Of the quantiles that are kept for a Q-Q plot."""
_Z = 1.959964


@dataclass(frozen=True)
class Normality:
    """One dimension. `skew` and `kurtosis` (over 3) are 0 for a normal one. `ks` is the largest distance between
    distribution functions, `ad` the mean square of that distance over its variance (A^2 / n); `ks_chance` and
    `ad_chance`: of one as large from N(0, 1) with `n` independent values. `quantiles` at PROBABILITIES.
    """

    mean: Interval
    variance: Interval
    skew: Interval
    kurtosis: Interval
    ks: Interval
    ks_chance: float
    ad: float
    ad_chance: float
    n: float
    quantiles: tuple[float, ...]


def normality(values: Values, n: float) -> Normality:
    """Of `values` [frames] that are worth `n` independent ones."""
    mean, sd = float(values.mean()), float(values.std())
    standard = (values - mean) / sd if sd > 0 else np.zeros_like(values)
    skew, kurtosis = float((standard**3).mean()), float((standard**4).mean() - 3)
    # Variances of moments by the moments themselves, which holds for any distribution
    of_variance = max(0.0, kurtosis + 2) * sd**4
    ks, ad = ks_distance(values), anderson_darling(values)
    return Normality(
        mean=_interval(mean, sd / math.sqrt(n)),
        variance=_interval(sd**2, math.sqrt(of_variance / n)),
        skew=_interval(skew, _moment_error(standard, 3, n)),
        kurtosis=_interval(kurtosis, _moment_error(standard, 4, n)),
        ks=(ks, max(0.0, ks - _dkw(n)), min(1.0, ks + _dkw(n))),
        ks_chance=float(stats.kstwo.sf(ks, max(1, round(n)))),
        ad=ad,
        ad_chance=anderson_darling_chance(ad * n),
        n=n,
        quantiles=tuple(np.quantile(values, PROBABILITIES).round(4).tolist()),
    )


def ks_distance(values: Values) -> float:
    """The largest distance of the empirical distribution function of `values` [n] from that of N(0, 1)."""
    below = special.ndtr(np.sort(values))
    count = len(below)
    steps = np.arange(count + 1) / count
    return float(max((steps[1:] - below).max(), (below - steps[:-1]).max()))


def anderson_darling(values: Values) -> float:
    """A^2 / n of `values` [n] against N(0, 1) (Anderson and Darling 1954), for large n the integral of (F - Phi)^2 /
    (Phi (1 - Phi)) dPhi.
    """
    ordered, count = np.sort(values), len(values)
    odd = 2 * np.arange(1, count + 1) - 1
    logs = special.log_ndtr(ordered) + special.log_ndtr(-ordered[::-1])
    return float(max(0.0, -1.0 - (odd * logs).sum() / count**2))


def anderson_darling_chance(statistic: float) -> float:
    """The chance of an A^2 as large if the values are from the distribution itself, for large n (Marsaglia and
    Marsaglia 2004, their ADinf).
    """
    z = statistic
    if z <= 0:
        return 1.0
    if z < 2:
        below = (
            math.exp(-1.2337141 / z)
            / math.sqrt(z)
            * (2.00012 + (0.247105 - (0.0649821 - (0.0347962 - (0.011672 - 0.00168691 * z) * z) * z) * z) * z)
        )
    else:
        below = math.exp(
            -math.exp(1.0776 - (2.30695 - (0.43424 - (0.082433 - (0.008056 - 0.0003146 * z) * z) * z) * z) * z)
        )
    return min(1.0, max(0.0, 1.0 - below))


def _interval(value: float, error: float) -> Interval:
    return value, value - _Z * error, value + _Z * error


def _moment_error(standard: Values, order: int, n: float) -> float:
    """The standard error of a standardised moment, its mean and scale estimated too (delta method)."""
    moments = [float((standard**k).mean()) for k in range(order + 2)]
    influence = (standard**order - moments[order] - order * moments[order - 1] * standard) - order / 2 * moments[
        order
    ] * (standard**2 - 1)
    return float(influence.std() / math.sqrt(n))


def _dkw(n: float) -> float:
    """Dvoretzky, Kiefer and Wolfowitz's bound, at 95 %."""
    return math.sqrt(math.log(2 / 0.05) / (2 * n))
