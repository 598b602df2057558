"""The layer curves of rivals on the Artificial Speech Dataset: what probes prove of each label in each layer, and in
how few dimensions it lies, on words that neither encoder nor probe has met. The bundles are those of `syllables`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.syllables import FOLDS, LABELS, TEST_FOLDS, Clips, read_clips
from benchmarks.trainings import SYLLABLES
from trainer import bundle
from trainer.config import preset
from trainer.evaluation.dimensions.structure import concentration
from trainer.evaluation.probing.bounds import Answers, answers, bound_row
from trainer.metrics.probing.linear_probe import Trial
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    LOUDNESS_DBFS,
    MEAN,
    WHOLE,
    Features,
    Source,
    level,
    log_mel_source,
    model_source,
    pool_clips,
    select,
)
from trainer.metrics.probing.tasks import Question
from trainer.metrics.probing.trained_probe import FAMILIES

RESULTS = Path(__file__).parent / "results" / "curves.jsonl"
ROWS = (LOG_MEL, "untrained", "sim", "gim", "cpc")


def rows(data: Path, work: Path, names: Sequence[str] = ROWS) -> Iterator[dict[str, Any]]:
    """A row for each of `names`, label, layer and family of probes, then one on its concentration; all are kept in
    RESULTS. Raises ValueError where a row has no bundle.
    """
    clips = read_clips(data / SYLLABLES, preset("sim").sample_rate)
    found = [row for name in names for row in _of(name, _pooled(name, work, clips), clips)]
    RESULTS.write_text("".join(f"{json.dumps(row)}\n" for row in found), encoding="utf-8")
    yield from found


def _pooled(name: str, work: Path, clips: Clips) -> dict[int, dict[str, Features]]:
    """By test fold and layer, means over time [clips, dims]."""
    if name == LOG_MEL:
        return dict.fromkeys(TEST_FOLDS, _means(log_mel_source(clips.sample_rate), clips))
    paths = {fold: work / name / str(fold) for fold in TEST_FOLDS}
    found = {
        fold: _means(model_source(bundle.load_encoder(path, bundle.read_config(path).config)), clips)
        for fold, path in paths.items()
        if (path / "encoder.safetensors").exists()
    }
    if not found:
        raise ValueError(f"{name!r} has not been trained; `python -m benchmarks syllables` trains it")
    return found


def _means(source: Source, clips: Clips) -> dict[str, Features]:
    pooled = pool_clips([source], ((level(waveform, LOUDNESS_DBFS), [WHOLE]) for waveform in clips.waveforms))
    return {layer: select(features, MEAN) for layer, features in pooled.items()}


def _of(name: str, features: Mapping[int, Mapping[str, Features]], clips: Clips) -> Iterator[dict[str, Any]]:
    layers = list(next(iter(features.values())))
    for label in LABELS:
        question = Question(label, clips.labels[label], clips.words, np.arange(len(clips.words)))
        whole = Trial(question, FOLDS, tuple(features))
        for layer in layers:
            own = {"row": name, "layer": layer, "folds": list(features)}
            for family, hidden in FAMILIES.items():
                said = [answers(features[fold][layer], Trial(question, FOLDS, (fold,)), hidden) for fold in features]
                yield own | asdict(bound_row(whole, layer, family, Answers.joined(said)))
            yield own | {"label": label, "family": "concentration"} | _concentration(whole, layer, features)


def _concentration(trial: Trial, layer: str, features: Mapping[int, Mapping[str, Features]]) -> dict[str, Any]:
    """By fold: the spread of a logistic regression's weights (sd of w / max |w|), and how many dimensions tell 90 % of
    what all of them do.
    """
    question = trial.question
    spreads, counts, dims = [], [], 0
    for fold, of_fold in features.items():
        spreads.append(Trial(question, FOLDS, (fold,)).outcome(of_fold[layer]).weight_spread)
        row = concentration(of_fold[layer], question, fold)
        counts.append(None if row is None else row["dims_to_90"])
        dims = of_fold[layer].shape[1]
    return {"dims": dims, "weight_spread": spreads, "dims_to_90": counts}
