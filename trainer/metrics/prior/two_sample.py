"""Classifier two-sample test against N(0, I) (Lopez-Paz and Oquab, arXiv 1610.06545)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.probing.trained_probe import HIDDEN, train_probe
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_mean

Values = NDArray[np.float64]
Codes = NDArray[np.int64]


def two_sample_accuracy(values: Values, groups: Codes, seed: int = 0, hidden: int | None = HIDDEN) -> BootstrapEstimate:
    """Held-out accuracy of a classifier between `values` [n, dims] and as many draws from N(0, I); 0.5 is chance.

    `groups` [n]: the recording of each value. Half of the groups are the test set; a tenth of all groups, from the
    other half, is the validation set for early stopping. Raises ValueError with fewer than four groups.
    """
    rng = np.random.default_rng(seed)
    names = rng.permutation(np.unique(groups))
    if len(names) < 4:
        raise ValueError("a two-sample test needs at least four recordings")
    test = np.isin(groups, names[: len(names) // 2])
    validation = np.isin(groups, names[len(names) // 2 : len(names) // 2 + max(1, len(names) // 10)])
    drawn = rng.normal(size=values.shape)
    both = np.concatenate([values, drawn]).astype(np.float32)
    classes = np.repeat([1, 0], len(values)).astype(np.int64)
    train, stop = np.tile(~test, 2), np.tile(validation, 2)
    probe = train_probe(both[train], classes[train], stop[train], 2, hidden, seed)
    held_out = np.tile(test, 2)
    correct = probe(both[held_out]).argmax(1) == classes[held_out]
    return bootstrap_mean(correct.astype(np.float64), seed, groups=np.tile(groups, 2)[held_out])
