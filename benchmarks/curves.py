"""Layer curves of SIM and other encoders on the Artificial Speech Dataset.

Lower bounds on the information about each label in each layer, and the number of dimensions it is spread over, on words
that neither the encoder nor the probe was trained on. The bundles are those of `syllables`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.syllables import FOLDS, LABELS, TEST_FOLDS, Clips, pooled_features, read_clips
from benchmarks.trainings import SYLLABLES
from trainer import bundle
from trainer.config import preset
from trainer.evaluation.dimensions.structure import concentration
from trainer.evaluation.probing.bounds import ProbePredictions, bound_row, probe_predictions
from trainer.evaluation.representations import LOUDNESS_DBFS, model_source
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    MEAN,
    Features,
    RepresentationSource,
    log_mel_source,
    select_pooling,
)
from trainer.metrics.probing.tasks import ProbeTask
from trainer.metrics.probing.trained_probe import FAMILIES

RESULTS = Path(__file__).parent / "results" / "curves.jsonl"
ROWS = (LOG_MEL, "untrained", "sim", "gim", "cpc")


def rows(data: Path, work: Path, names: Sequence[str] = ROWS) -> Iterator[dict[str, Any]]:
    """One row per model in `names`, label, layer and family of probes, and one on concentration; written to RESULTS.

    Raises ValueError if a model has no bundle.
    """
    clips = read_clips(data / SYLLABLES, preset("sim").sample_rate)
    found = [row for name in names for row in _model_rows(name, _features(name, work, clips), clips)]
    RESULTS.write_text("".join(f"{json.dumps(row)}\n" for row in found), encoding="utf-8")
    yield from found


def _features(name: str, work: Path, clips: Clips) -> dict[int, dict[str, Features]]:
    """Means over time [clips, D] by test fold and layer."""
    if name == LOG_MEL:
        return dict.fromkeys(TEST_FOLDS, _means(log_mel_source(clips.sample_rate), clips))
    paths = {fold: work / name / str(fold) for fold in TEST_FOLDS}
    found = {
        fold: _means(model_source(bundle.load_encoder(path, bundle.read_config(path).config)), clips)
        for fold, path in paths.items()
        if (path / "encoder.safetensors").exists()
    }
    if not found:
        raise ValueError(f"{name!r} is not trained yet; run `python -m benchmarks syllables`")
    return found


def _means(source: RepresentationSource, clips: Clips) -> dict[str, Features]:
    pooled = pooled_features([source], clips, LOUDNESS_DBFS)
    return {layer: select_pooling(features, MEAN) for layer, features in pooled.items()}


def _model_rows(name: str, features: Mapping[int, Mapping[str, Features]], clips: Clips) -> Iterator[dict[str, Any]]:
    layers = list(next(iter(features.values())))
    for label in LABELS:
        task = ProbeTask(label, clips.labels[label], clips.words, np.arange(len(clips.words)))
        validation = CrossValidation(task, FOLDS, tuple(features))
        per_fold = {fold: CrossValidation(task, FOLDS, (fold,)) for fold in features}
        for layer in layers:
            common = {"row": name, "layer": layer, "folds": list(features)}
            for family, hidden in FAMILIES.items():
                predictions = ProbePredictions.concatenate(
                    [probe_predictions(features[fold][layer], per_fold[fold], hidden) for fold in features]
                )
                yield common | asdict(bound_row(validation, layer, family, predictions))
            yield common | {"label": label, "family": "concentration"} | _concentration(per_fold, layer, features)


def _concentration(
    per_fold: Mapping[int, CrossValidation], layer: str, features: Mapping[int, Mapping[str, Features]]
) -> dict[str, Any]:
    """By fold: the weight spread of a logistic regression (sd of w / max |w|), and the number of dimensions that have
    90 % of the information of all.
    """
    spreads, counts, dims = [], [], 0
    for fold, of_fold in features.items():
        spreads.append(per_fold[fold].evaluate(of_fold[layer]).weight_spread)
        row = concentration(of_fold[layer], per_fold[fold].task, fold)
        counts.append(None if row is None else row["dims_to_90"])
        dims = of_fold[layer].shape[1]
    return {"dims": dims, "weight_spread": spreads, "dims_to_90": counts}
