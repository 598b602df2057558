"""Lower bounds on mutual information from a probe's held-out predictions (Choi, Jung and Watanabe, arXiv 2312.10019).

All in bits; classes count from 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
BOUNDS_KEY = "bounds"
"""Key of a report: bounds of every module."""
MARGIN_QUANTILES = (0.05, 0.5, 0.95)


def pointwise_information(log_probabilities: Values, classes: Codes) -> Values:
    """log2 p(y | z) / p(y) of each example [n]; the mean is H(Y) - CE <= I(Y; Z).

    `log_probabilities`: of the probe, nats [n, classes]; `classes`: true classes [n]; p(y) is their share.
    """
    share = np.bincount(classes) / len(classes)
    own = np.take_along_axis(log_probabilities, classes[:, None], 1)[:, 0]
    bits: Values = (own - np.log(share[classes])) / np.log(2)
    return bits


def margins(features: Values, classes: Codes, weights: Values, biases: Values) -> Values:
    """Signed distance of each example [n] to the nearest decision boundary of its class, negative if misclassified.

    min over k of ((w_y - w_k)'z + b_y - b_k) / ||w_y - w_k|| for a linear probe with `weights` [classes, dims] and
    `biases` [classes], in the unit of `features` [n, dims].
    """
    scores = features @ weights.T + biases
    lead = np.take_along_axis(scores, classes[:, None], 1) - scores
    squares = (weights**2).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * weights @ weights.T, 0))[classes]
    apart[np.arange(len(classes)), classes] = 0.0
    distance = np.divide(lead, apart, out=np.full_like(lead, np.inf), where=apart > 0)
    least: Values = distance.min(1)
    return least
