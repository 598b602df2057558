"""Does each dimension stand for one factor, and each factor in one dimension? Scores from 0 (no) to 1 (yes), of a table
of how much each dimension has to do with each factor: bits, weights or accuracies [factors, dims], none below 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]


def mutual_information_gap(bits: Table, entropies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each factor [factors], by how much of its entropy (bits) the best dimension is ahead of the second (MIG, Chen
    et al. 2018, arXiv 1802.04942).
    """
    gap: NDArray[np.float64] = _lead(bits) / entropies
    return gap


def separated_predictability(scores: Table) -> NDArray[np.float64]:
    """Of each factor [factors], by how much the dimension that tells it best is ahead of the second, as shares told
    right (SAP, Kumar et al. 2018, arXiv 1711.00848).
    """
    return _lead(scores)


def modularity(bits: Table) -> NDArray[np.float64]:
    """Of each dimension [dims], how far it is from telling of other factors than its own (Ridgeway and Mozer 2018,
    arXiv 1802.05312): 1 less the mean square of its bits about others over the square of its most. NaN where it has
    none.
    """
    most = bits.max(0)
    others = (bits**2).sum(0) - most**2
    share = np.divide(others, most**2, out=np.full_like(most, np.nan), where=most > 0)
    modular: NDArray[np.float64] = 1 - share / max(len(bits) - 1, 1)
    return modular


def disentanglement(weights: Table) -> float:
    """DCI's D (Eastwood and Williams 2018): 1 less the entropy of each dimension's weights over factors, in units of
    what is possible, mean over dimensions by their share of all weight.
    """
    return _focus(weights.T)


def completeness(weights: Table) -> float:
    """DCI's C: the same of each factor's weights over dimensions, mean over factors by their share of all weight."""
    return _focus(weights)


def _lead(table: Table) -> NDArray[np.float64]:
    ordered = np.sort(table, axis=1)
    lead: NDArray[np.float64] = ordered[:, -1] - ordered[:, -2]
    return lead


def _focus(rows: Table) -> float:
    totals = rows.sum(1)
    if not totals.sum() > 0 or rows.shape[1] < 2:
        return 0.0
    shares = rows[totals > 0] / totals[totals > 0, None]
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    each = 1 + (shares * logs).sum(1) / np.log(rows.shape[1])
    return float(each @ totals[totals > 0] / totals.sum())
