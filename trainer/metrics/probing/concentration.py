"""Concentration: how few dimensions a linear probe needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
CONCENTRATION_KEY = "concentration"
"""Key of a report: concentration of each factor in each module."""


def dimension_weights(weights: Values) -> Values:
    """Importance of each dimension [dims] to a linear probe of standardised features.

    The norm over classes of `weights` [classes, dims] minus their mean over classes, which does not affect the
    prediction.
    """
    importance: Values = np.linalg.norm(weights - weights.mean(0), axis=0)
    return importance


def cumulative_shares(weight: Values) -> Values:
    """Share of the sum of squares of `weight` [dims] in its 1, 2 .. dims largest values [dims]."""
    ordered = np.sort(weight**2)[::-1]
    shares: Values = np.cumsum(ordered) / max(float(ordered.sum()), np.finfo(np.float64).tiny)
    return shares


def dims_to_reach(bits: Mapping[int, float], share: float = 0.9) -> int | None:
    """Fewest dimensions that reach `share` of the maximum of `bits`, which maps a number of dimensions to bits.

    None if the maximum is not positive.
    """
    most = max(bits.values())
    if most <= 0:
        return None
    return min(count for count, reached in bits.items() if reached >= share * most)
