"""Distance of one dimension from N(0, 1): moments, Kolmogorov-Smirnov, Anderson-Darling, and quantiles.

The distances do not grow with the sample size; intervals and p-values use the effective sample size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Values = NDArray[np.float64]
Interval = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""
NORMALITY_KEY, DIMENSIONS_KEY, CERTIFICATES_KEY = "normality", "normality_dimensions", "certificates"
"""Keys of a report: normality of modules, normality of dimensions, certificates."""
PROBABILITIES = tuple(float(p) for p in np.round(np.linspace(0.01, 0.99, 29), 4))
"""Probabilities of the quantiles kept for a Q-Q plot."""
_Z = 1.959964


@dataclass(frozen=True)
class Normality:
    """Normality of one dimension.

    `skew` and excess `kurtosis` are 0 for a normal dimension. `ks`: maximum distance between distribution functions;
    `ad`: A^2 / n of Anderson and Darling. `ks_chance` and `ad_chance` are the p-values of these for `n` independent
    values from N(0, 1). `quantiles` at PROBABILITIES. The field names are keys of a report.
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
    """Normality of `values` [frames] with effective sample size `n`."""
    mean, sd = float(values.mean()), float(values.std())
    standard = (values - mean) / sd if sd > 0 else np.zeros_like(values)
    skew, kurtosis = float((standard**3).mean()), float((standard**4).mean() - 3)
    # Variances of moments from higher sample moments, valid for any distribution
    variance_of_square = max(0.0, kurtosis + 2) * sd**4
    ks, ad = ks_distance(values), anderson_darling(values)
    return Normality(
        mean=_interval(mean, sd / math.sqrt(n)),
        variance=_interval(sd**2, math.sqrt(variance_of_square / n)),
        skew=_interval(skew, _moment_error(standard, 3, n)),
        kurtosis=_interval(kurtosis, _moment_error(standard, 4, n)),
        ks=(ks, max(0.0, ks - _dkw(n)), min(1.0, ks + _dkw(n))),
        ks_chance=float(stats.kstwo.sf(ks, max(1, round(n)))),
        ad=ad,
        ad_chance=anderson_darling_p_value(ad * n),
        n=n,
        quantiles=tuple(np.quantile(values, PROBABILITIES).round(4).tolist()),
    )


def ks_distance(values: Values) -> float:
    """Maximum distance between the empirical distribution function of `values` [n] and that of N(0, 1)."""
    below = special.ndtr(np.sort(values))
    count = len(below)
    steps = np.arange(count + 1) / count
    return float(max((steps[1:] - below).max(), (below - steps[:-1]).max()))


def anderson_darling(values: Values) -> float:
    """A^2 / n of `values` [n] against N(0, 1) (Anderson and Darling 1954).

    For large n it is the integral of (F - Phi)^2 / (Phi (1 - Phi)) dPhi.
    """
    ordered, count = np.sort(values), len(values)
    odd = 2 * np.arange(1, count + 1) - 1
    logs = special.log_ndtr(ordered) + special.log_ndtr(-ordered[::-1])
    return float(max(0.0, -1.0 - (odd * logs).sum() / count**2))


def anderson_darling_p_value(statistic: float) -> float:
    """Asymptotic p-value of A^2 = `statistic` (Marsaglia and Marsaglia 2004, ADinf)."""
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
    """Standard error of a standardised moment with estimated mean and scale (delta method)."""
    moments = [float((standard**k).mean()) for k in range(order + 2)]
    influence = (standard**order - moments[order] - order * moments[order - 1] * standard) - order / 2 * moments[
        order
    ] * (standard**2 - 1)
    return float(influence.std() / math.sqrt(n))


def _dkw(n: float) -> float:
    """Dvoretzky-Kiefer-Wolfowitz bound at 95 %."""
    return math.sqrt(math.log(2 / 0.05) / (2 * n))
