"""Linear probe: logistic regression on pooled features, tested on groups that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from trainer.metrics.probing.pooling import Features
from trainer.metrics.probing.tasks import Names

Flags = NDArray[np.bool_]
REGULARISATION = 1.0
"""C of the logistic regression, the same for all representations: none is tuned."""
_MAX_ITERATIONS = 10_000


@dataclass(frozen=True)
class ProbeResult:
    """Result of a probe on held-out examples.

    `correct` [n]. `weight_spread`: see that function; None without weights.
    """

    correct: Flags
    weight_spread: float | None


def run_probe(features: Features, classes: Names, train: Flags, test: Flags, shuffle: int | None = None) -> ProbeResult:
    """Fit a probe on the examples `train` [n] of `features` [n, dims] and `classes` [n], and test it on `test` [n].

    Features are standardised by the training part. `shuffle`: a seed to shuffle the training labels with, as a control
    for which the accuracy should be at chance.
    """
    labels = classes[train]
    if shuffle is not None:
        labels = np.random.default_rng(shuffle).permutation(labels)
    scaler = StandardScaler().fit(features[train].astype(np.float64))
    probe = LogisticRegression(C=REGULARISATION, max_iter=_MAX_ITERATIONS)
    probe.fit(scaler.transform(features[train].astype(np.float64)), labels)
    predicted = probe.predict(scaler.transform(features[test].astype(np.float64)))
    return ProbeResult(predicted == classes[test], weight_spread(probe.coef_))


def weight_spread(weights: NDArray[np.float64]) -> float:
    """Standard deviation of w / max |w| over all `weights` (the SIM paper's measure of concentration).

    Small if FEW features carry the label: one large weight makes all others small by comparison. It is 1 for weights of
    one size and either sign, about 0.3 for Gaussian ones, and near 0 if a single one of many is not 0.
    """
    largest = float(np.abs(weights).max())
    return float(np.std(weights / largest)) if largest > 0 else 0.0


def majority_baseline(classes: Names, train: Flags, test: Flags) -> ProbeResult:
    """Result of always predicting the most frequent class of the training part."""
    names, counts = np.unique(classes[train], return_counts=True)
    return ProbeResult(classes[test] == names[counts.argmax()], None)


def concatenate_results(results: Sequence[ProbeResult]) -> ProbeResult:
    """The results of several folds as one; the weight spread is their mean."""
    spreads = [one.weight_spread for one in results if one.weight_spread is not None]
    return ProbeResult(np.concatenate([one.correct for one in results]), float(np.mean(spreads)) if spreads else None)
