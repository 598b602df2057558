"""Disentanglement scores between 0 and 1: whether dimensions and factors correspond one to one.

Each takes a non-negative table [factors, dims] of how strongly dimensions and factors are related: bits, probe weights
or accuracies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]


def mutual_information_gap(bits: Table, entropies: NDArray[np.float64]) -> NDArray[np.float64]:
    """MIG of each factor [factors]: bits of the best minus the second best dimension, over the factor's entropy.

    `bits` [factors, dims], `entropies` in bits [factors] (Chen et al. 2018, arXiv 1802.04942).
    """
    gap: NDArray[np.float64] = _top_gap(bits) / entropies
    return gap


def separated_predictability(scores: Table) -> NDArray[np.float64]:
    """SAP of each factor [factors]: score of the best minus the second best dimension (Kumar et al., arXiv 1711.00848).

    `scores` [factors, dims]: accuracy of predicting the factor from the dimension.
    """
    return _top_gap(scores)


def modularity(bits: Table) -> NDArray[np.float64]:
    """Modularity of each dimension [dims] (Ridgeway and Mozer 2018, arXiv 1802.05312).

    1 minus the mean squared bits about other factors over the squared bits about the dimension's best factor, from
    `bits` [factors, dims]. NaN for a dimension with no bits.
    """
    most = bits.max(0)
    others = (bits**2).sum(0) - most**2
    share = np.divide(others, most**2, out=np.full_like(most, np.nan), where=most > 0)
    modular: NDArray[np.float64] = 1 - share / max(len(bits) - 1, 1)
    return modular


def disentanglement(weights: Table) -> float:
    """DCI disentanglement (Eastwood and Williams 2018) of `weights` [factors, dims].

    1 minus the normalised entropy of each dimension's weights over factors, averaged over dimensions by total weight.
    """
    return _weighted_concentration(weights.T)


def completeness(weights: Table) -> float:
    """DCI completeness: 1 minus the normalised entropy of each factor's weights over dimensions, averaged likewise."""
    return _weighted_concentration(weights)


def _top_gap(table: Table) -> NDArray[np.float64]:
    """Largest minus second largest value of each row."""
    ordered = np.sort(table, axis=1)
    gap: NDArray[np.float64] = ordered[:, -1] - ordered[:, -2]
    return gap


def _weighted_concentration(rows: Table) -> float:
    """1 minus the normalised entropy of each row, averaged by the rows' totals; 0 for an empty table."""
    totals = rows.sum(1)
    if not totals.sum() > 0 or rows.shape[1] < 2:
        return 0.0
    shares = rows[totals > 0] / totals[totals > 0, None]
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    each = 1 + (shares * logs).sum(1) / np.log(rows.shape[1])
    return float(each @ totals[totals > 0] / totals.sum())
