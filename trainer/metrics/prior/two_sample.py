"""A classifier two-sample test (Lopez-Paz and Oquab, arXiv 1610.06545): how often a network tells latents from draws of
N(0, I). 0.5: it cannot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.probing.trained_probe import HIDDEN, train_probe
from trainer.metrics.statistics.bootstrap import Estimate, bootstrap_mean

Values = NDArray[np.float64]
Codes = NDArray[np.int64]


def told_from_normal(values: Values, groups: Codes, seed: int = 0, hidden: int | None = HIDDEN) -> Estimate:
    """The accuracy on `values` [n, dims] of `groups` [n] held out, and as many draws; one half of the groups is learnt
    from, a fifth of which says when to stop. Raises ValueError where there are not four groups.
    """
    rng = np.random.default_rng(seed)
    names = rng.permutation(np.unique(groups))
    if len(names) < 4:
        raise ValueError("a two-sample test takes four recordings or more")
    tested = np.isin(groups, names[: len(names) // 2])
    aside = np.isin(groups, names[len(names) // 2 : len(names) // 2 + max(1, len(names) // 10)])
    drawn = rng.normal(size=values.shape)
    both = np.concatenate([values, drawn]).astype(np.float32)
    classes = np.repeat([1, 0], len(values)).astype(np.int64)
    learnt, stop = np.tile(~tested, 2), np.tile(aside, 2)
    probe = train_probe(both[learnt], classes[learnt], stop[learnt], 2, hidden, seed)
    held = np.tile(tested, 2)
    right = probe(both[held]).argmax(1) == classes[held]
    return bootstrap_mean(right.astype(np.float64), seed, groups=np.tile(groups, 2)[held])
