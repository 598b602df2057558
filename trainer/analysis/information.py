"""How many bits one dimension tells about a factor, on groups whose pairs of values it was not learnt from.

The dimension is cut into bins; in each, the classes of the factor are counted on the training part, and the counts are
held to the part left out: I(Y; Z) >= H(Y) - CE (arXiv 2312.10019). A bound from below, so that what comes of no more
than counting (few speakers, neighbouring frames that are alike) counts against a dimension instead of for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Bits = NDArray[np.float64]
BINS, LEVELS = 32, 16
"""Into how many parts of equal size a dimension, and a continuous factor, are cut."""
_PRIOR_EXAMPLES = 8.0
"""How many examples spread as the training part is as a whole are added to each bin, so that an empty one says nothing
in particular.
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
    """log2 p(y | z) / p(y) of each example [n], where p(y | z) was counted on the folds that the example is not of and
    p(y) is the share of its class among all. Their mean is the bound, below 0 where nothing is told.

    `bins`, `classes` and `folds` [n] count from 0. Raises ValueError where there are not two folds.
    """
    shape = tuple(int(codes.max()) + 1 for codes in (folds, bins, classes))
    if len(np.unique(folds)) < 2:
        raise ValueError("holding out a part takes two folds; give more groups")
    counts = np.bincount(np.ravel_multi_index((folds, bins, classes), shape), minlength=int(np.prod(shape)))
    held_out = counts.reshape(shape).astype(np.float64)
    learnt = held_out.sum(0) - held_out  # [folds, bins, classes]
    # One more of each class: one that a training part lacks is unlikely there, not impossible
    marginal = learnt.sum(1, keepdims=True) + 1
    prior = _PRIOR_EXAMPLES * marginal / marginal.sum(2, keepdims=True)
    told = (learnt + prior) / (learnt.sum(2, keepdims=True) + _PRIOR_EXAMPLES)
    share = held_out.sum((0, 1)) / len(classes)
    ratio = np.log2(told / np.where(share > 0, share, 1))
    bits: Bits = ratio[folds, bins, classes]
    return bits


def turned(classes: Codes, seed: int) -> Codes:
    """The classes [n] in the same order, begun somewhere else: what is then found is chance, since examples and classes
    keep their own course over time and lose each other.
    """
    quarter = len(classes) // 4
    shift = int(np.random.default_rng(seed).integers(quarter, len(classes) - quarter + 1))
    return np.roll(classes, shift)
