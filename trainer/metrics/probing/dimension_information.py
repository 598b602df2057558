"""How many bits one dimension tells about a factor, on groups whose pairs of values it was not learnt from.

The dimension is cut into bins; in each, the classes of the factor are counted on the training part, and the counts are
held to the part left out, beside those of the training part as a whole: predictive information (Xu et al. 2020, arXiv
2002.10689), which lies at or below I(Y; Z) where both parts' dimension is spread alike. What comes of no more than
counting (few speakers, neighbouring frames that are alike) counts against a dimension instead of for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Bits = NDArray[np.float64]
FACTORS_KEY = "factors"
"""Where a report has the bits of every dimension about every factor."""
BINS, LEVELS = 24, 16
"""Into how many parts of equal size a dimension, and a continuous factor, are cut."""
_CAUTIONS = (4.0, 32.0, 256.0, 2048.0, 1e6)
"""How many examples spread as the training part is as a whole may be added to each bin. The more neighbouring frames
are alike, the less their counts can be believed; so it is chosen anew for each fold, by what does best among the folds
that are learnt from.
"""


def quantile_codes(values: NDArray[np.floating], bins: int) -> Codes:
    """In which of at most `bins` parts of equal size each of `values` [n] lies, from 0; equal values share one."""
    edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(np.unique(edges), values, side="right").astype(np.int64)


def class_codes(names: NDArray[Any]) -> Codes:
    """The number of each name [n] in the order of the alphabet."""
    codes: Codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return codes


def entropy_bits(codes: Codes) -> float:
    """H(Y) of the classes `codes` [n] as they come: the ceiling of what anything can tell about them."""
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def held_out_bits(bins: Codes, classes: Codes, folds: Codes) -> Bits:
    """log2 p(y | z) / p(y) of each example [n], both counted on the folds that the example is not of. Their mean is
    the information told, about 0 or below where there is none.

    `bins`, `classes` and `folds` [n] count from 0. Raises ValueError where there are not three folds.
    """
    shape = tuple(int(codes.max()) + 1 for codes in (folds, bins, classes))
    if shape[0] < 3:
        raise ValueError("holding out parts takes three folds; give more groups")
    found = np.bincount(np.ravel_multi_index((folds, bins, classes), shape), minlength=int(np.prod(shape)))
    counts = found.reshape(shape).astype(np.float64)
    bits: Bits = np.stack([_bits(counts, fold) for fold in range(shape[0])])[folds, bins, classes]
    return bits


def _bits(counts: Bits, fold: int) -> Bits:
    """log2 p(y | z) / p(y) [bins, classes] for what is of `fold`, from the `counts` [folds, bins, classes] of the
    others.
    """
    others = np.delete(counts, fold, axis=0)
    learnt = others.sum(0)
    scores = [float((others * _log_shares(learnt - others, caution)).sum()) for caution in _CAUTIONS]
    marginal = learnt.sum(0) + 1
    bits: Bits = _log_shares(learnt, _CAUTIONS[int(np.argmax(scores))]) - np.log2(marginal / marginal.sum())
    return bits


def _log_shares(counts: Bits, caution: float) -> Bits:
    """log2 p(y | z) from counts [..., bins, classes]; one more of each class, so that none is impossible."""
    marginal = counts.sum(-2, keepdims=True) + 1
    prior = caution * marginal / marginal.sum(-1, keepdims=True)
    log_shares: Bits = np.log2((counts + prior) / (counts.sum(-1, keepdims=True) + caution))
    return log_shares


def shuffled(classes: Codes, groups: NDArray[Any], seed: int) -> Codes:
    """The classes [n] with whole groups [n] in a random order, begun anywhere: what is then found is chance. Within a
    group classes keep their course over time, since shuffled one by one they would be too easy to tell from true ones.
    """
    rng = np.random.default_rng(seed)
    _, members = np.unique(groups, return_inverse=True)
    order = np.argsort(rng.permutation(members.max() + 1)[members], kind="stable")
    return np.roll(classes[order], int(rng.integers(len(classes))))
