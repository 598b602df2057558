"""How many of a clip's phones are still told apart after decoding, by a probe that learnt from originals alone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from trainer.metrics.probing.linear_probe import Flags, Trial, run_probe
from trainer.metrics.probing.pooling import MEAN, Features, Source, Span, Waveform, pool_clips, select
from trainer.metrics.probing.tasks import Question

FOLDS = 5
_PARTS = 3


def phone_features(log_mel: Source, wave: Waveform, spans: Sequence[tuple[float, float]]) -> Features:
    """Of each stretch of (start, end) seconds of `wave` [samples]: its mean log-mel, then those of its first, middle
    and last third [spans, 4 bands]. Raises ValueError where there is no span.
    """
    cut: list[Span] = []
    for start, end in spans:
        edges = np.linspace(start, end, _PARTS + 1).tolist()
        cut += [(start, end), *itertools.pairwise(edges)]
    (pooled,) = pool_clips([log_mel], [(wave, cut)]).values()
    return select(pooled, MEAN).reshape(len(spans), -1)


def phones_told(question: Question, originals: Features, decoded: Mapping[str, Features]) -> dict[str, Flags]:
    """Whether the probe is right on each of the question's phones [n], in the originals ("") and in each of `decoded`,
    all features [n, dims] of the same phones in the same order.

    A phone is told by a probe that learnt from the originals of the other folds, and the question's groups are clips:
    so no clip is told by a probe that heard any of it. Raises ValueError where the clips cannot be split.
    """
    names = ["", *decoded]
    stacked = np.concatenate([originals, *decoded.values()])
    classes = np.tile(question.classes, len(names))
    told = np.zeros((len(names), len(question.classes)), dtype=np.bool_)
    for train, test in Trial(question, FOLDS, tuple(range(FOLDS))).parts():
        learnt = np.concatenate([train, np.zeros(len(stacked) - len(train), dtype=np.bool_)])
        told[:, test] = run_probe(stacked, classes, learnt, np.tile(test, len(names))).correct.reshape(len(names), -1)
    return dict(zip(names, told, strict=True))
