"""Information of one dimension about a factor, in bits, on held-out groups.

The dimension is binned; per bin, the classes of the factor are counted on the training folds, and these counts predict
the held-out fold, compared with the marginal counts of the training folds: predictive information (Xu et al., arXiv
2002.10689), at most I(Y; Z) if the dimension has the same distribution in both parts. Overfitting (few speakers,
correlated neighbouring frames) therefore lowers the estimate instead of raising it. With 600 independent frames and 16
levels it reads about 20 % of 0.2 bits, 40 % of 0.5 bits and 60 % of 1.2 bits, and with 40 000 frames more than 90 % of
each. Compare estimates only at equal numbers of frames.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Bits = NDArray[np.float64]
FACTORS_KEY = "factors"
"""Key of a report: bits of every dimension about every factor."""
BINS, LEVELS = 24, 16
"""Number of quantile bins of a dimension, and of a continuous factor."""
_PRIOR_COUNTS = (4.0, 32.0, 256.0, 2048.0, 1e6)
"""Candidates for the number of pseudo-examples with the marginal distribution added to each bin. The more correlated
neighbouring frames are, the larger it must be; it is chosen for each test fold by cross-validation on the others.
"""


def quantile_codes(values: NDArray[np.floating], bins: int) -> Codes:
    """Quantile bin, from 0, of each of `values` [n]; at most `bins` bins, equal values share one."""
    edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(np.unique(edges), values, side="right").astype(np.int64)


def class_codes(names: NDArray[Any]) -> Codes:
    """Number of each name [n] in alphabetical order."""
    codes: Codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return codes


def entropy_bits(codes: Codes) -> float:
    """Entropy H(Y) of the classes `codes` [n] in bits: the upper limit of information about them."""
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def held_out_bits(bins: Codes, classes: Codes, folds: Codes) -> Bits:
    """log2 p(y | z) / p(y) of each example [n], both estimated on the folds without the example.

    Their mean is the information, about 0 or below if there is none. `bins`, `classes` and `folds` [n] count from 0.
    Raises ValueError with fewer than three folds.
    """
    shape = tuple(int(codes.max()) + 1 for codes in (folds, bins, classes))
    if shape[0] < 3:
        raise ValueError("held-out information needs at least three folds; use more groups")
    found = np.bincount(np.ravel_multi_index((folds, bins, classes), shape), minlength=int(np.prod(shape)))
    counts = found.reshape(shape).astype(np.float64)
    bits: Bits = np.stack([_bits(counts, fold) for fold in range(shape[0])])[folds, bins, classes]
    return bits


def _bits(counts: Bits, fold: int) -> Bits:
    """log2 p(y | z) / p(y) [bins, classes] for test fold `fold`, from the `counts` [folds, bins, classes] of others."""
    others = np.delete(counts, fold, axis=0)
    train = others.sum(0)
    scores = [float((others * _log_shares(train - others, prior)).sum()) for prior in _PRIOR_COUNTS]
    marginal = train.sum(0) + 1
    bits: Bits = _log_shares(train, _PRIOR_COUNTS[int(np.argmax(scores))]) - np.log2(marginal / marginal.sum())
    return bits


def _log_shares(counts: Bits, prior_count: float) -> Bits:
    """log2 p(y | z) from counts [..., bins, classes], smoothed with `prior_count` pseudo-examples per bin.

    The marginal has one more example of each class, so that no probability is 0.
    """
    marginal = counts.sum(-2, keepdims=True) + 1
    prior = prior_count * marginal / marginal.sum(-1, keepdims=True)
    log_shares: Bits = np.log2((counts + prior) / (counts.sum(-1, keepdims=True) + prior_count))
    return log_shares


def shuffle_groups(classes: Codes, groups: NDArray[Any], seed: int) -> Codes:
    """Control: the classes [n] with whole groups [n] in random order, rotated by a random offset.

    Classes keep their order in time within a group; shuffled one by one they would be too easy to distinguish from real
    ones.
    """
    rng = np.random.default_rng(seed)
    _, members = np.unique(groups, return_inverse=True)
    order = np.argsort(rng.permutation(members.max() + 1)[members], kind="stable")
    return np.roll(classes[order], int(rng.integers(len(classes))))
