"""What a probe's answers on held-out examples prove of the information in a representation (Choi, Jung and Watanabe,
arXiv 2312.10019). All in bits; classes count from 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
BOUNDS_KEY = "bounds"
"""Where a report has what probes prove of every module."""
MARGIN_QUANTILES = (0.05, 0.5, 0.95)


def bits_told(log_probabilities: Values, classes: Codes) -> Values:
    """log2 p(y | z) / p(y) of each example [n], from the probe's log-probabilities (nats) [n, classes] and the true
    classes [n]; p(y) is the share among these examples. Their mean is H(Y) - CE <= I(Y; Z).
    """
    share = np.bincount(classes) / len(classes)
    own = np.take_along_axis(log_probabilities, classes[:, None], 1)[:, 0]
    bits: Values = (own - np.log(share[classes])) / np.log(2)
    return bits


def donsker_varadhan(scores: Values, classes: Codes) -> float:
    """E[T] - log E[e^T], the second over pairs of an example and a class drawn apart (Donsker and Varadhan 1983):
    bits that `scores` T (nats) [n, classes] prove, whatever they are.
    """
    share = np.bincount(classes, minlength=scores.shape[1]) / len(classes)
    own = np.take_along_axis(scores, classes[:, None], 1).mean()
    highest = scores.max()
    apart = np.log((np.exp(scores - highest) @ share).mean()) + highest
    return float((own - apart) / np.log(2))


def margins(features: Values, classes: Codes, weights: Values, biases: Values) -> Values:
    """How far each example [n] lies on its own class's side of the nearest border to another, in the unit of the
    features [n, dims]; below 0 where it is told wrongly. Of a linear probe with `weights` [classes, dims] and `biases`
    [classes]: (w_y - w_k)'z + b_y - b_k over ||w_y - w_k||, least over k.
    """
    scores = features @ weights.T + biases
    lead = np.take_along_axis(scores, classes[:, None], 1) - scores
    squares = (weights**2).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * weights @ weights.T, 0))[classes]
    apart[np.arange(len(classes)), classes] = 0.0
    distance = np.divide(lead, apart, out=np.full_like(lead, np.inf), where=apart > 0)
    least: Values = distance.min(1)
    return least
