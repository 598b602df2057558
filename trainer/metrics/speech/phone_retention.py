"""Phone retention: phones of a decoded clip recognised by a linear probe trained on original recordings only."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.linear_probe import Flags, run_probe
from trainer.metrics.probing.pooling import (
    MEAN,
    Features,
    RepresentationSource,
    Span,
    Waveform,
    pool_clips,
    select_pooling,
)
from trainer.metrics.probing.tasks import ProbeTask

FOLDS = 5
_PARTS = 3


def phone_features(log_mel: RepresentationSource, wave: Waveform, spans: Sequence[tuple[float, float]]) -> Features:
    """Mean log-mel of each span, then of its first, middle and last third [spans, 4 bands].

    `spans`: (start, end) in seconds of `wave` [samples]. Raises ValueError without spans.
    """
    parts: list[Span] = []
    for start, end in spans:
        edges = np.linspace(start, end, _PARTS + 1).tolist()
        parts += [(start, end), *itertools.pairwise(edges)]
    (pooled,) = pool_clips([log_mel], [(wave, parts)]).values()
    return select_pooling(pooled, MEAN).reshape(len(spans), -1)


def recognised_phones(task: ProbeTask, originals: Features, decoded: Mapping[str, Features]) -> dict[str, Flags]:
    """Whether the probe recognises each phone of `task` [n], in the originals (key "") and in each of `decoded`.

    All features [n, dims] are of the same phones in the same order. The probe of a fold is trained on the originals of
    the other folds; the groups of `task` are clips, so no clip is tested with a probe trained on any part of it. Raises
    ValueError if the clips cannot be split into FOLDS folds.
    """
    names = ["", *decoded]
    stacked = np.concatenate([originals, *decoded.values()])
    classes = np.tile(task.classes, len(names))
    correct = np.zeros((len(names), len(task.classes)), dtype=np.bool_)
    for train, test in CrossValidation(task, FOLDS, tuple(range(FOLDS))).splits():
        on_originals = np.concatenate([train, np.zeros(len(stacked) - len(train), dtype=np.bool_)])
        result = run_probe(stacked, classes, on_originals, np.tile(test, len(names)))
        correct[:, test] = result.correct.reshape(len(names), -1)
    return dict(zip(names, correct, strict=True))
