"""In how few dimensions a probe finds what it needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
CONCENTRATION_KEY = "concentration"
"""Where a report has in how few dimensions of a module each factor lies."""


def weight_of_dimensions(weights: Values) -> Values:
    """How much a linear probe of standardised features leans on each dimension [dims]: the length of its `weights`
    [classes, dims] after what is common to all classes, which tells none of them, is taken off.
    """
    length: Values = np.linalg.norm(weights - weights.mean(0), axis=0)
    return length


def sorted_shares(weight: Values) -> Values:
    """The share of the sum of squares of `weight` [dims] that lies in the 1, 2 .. all largest [dims]."""
    ordered = np.sort(weight**2)[::-1]
    shares: Values = np.cumsum(ordered) / max(float(ordered.sum()), np.finfo(np.float64).tiny)
    return shares


def dims_to_reach(bits: Mapping[int, float], share: float = 0.9) -> int | None:
    """The least number of dimensions of which a probe tells `share` of the most that any number of them tells; None
    where there is nothing to tell. `bits` by number of dimensions.
    """
    most = max(bits.values())
    if most <= 0:
        return None
    return min(count for count, told in bits.items() if told >= share * most)
