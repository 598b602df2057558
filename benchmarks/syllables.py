"""Probe accuracy on syllables and vowels for several trainings, on words that neither encoder nor probe was trained on.

A row is one way of training, with one bundle per test fold: trained without that fold's words, with the fold's number
as seed. The probe of a fold is trained on all other folds, on the latents of that bundle. The reported module is chosen
per label and pooling on the development folds, by probes of the same bundles that are trained on neither the bundle's
test fold nor the development fold. Every row is compared with log-mel at the same pooling and with random weights of
its own architecture, by paired bootstrap over words.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scores import Score
from trainer import bundle
from trainer.corpus import read_recording, scan
from trainer.evaluation.decoding.interpolation import interpolations
from trainer.evaluation.representations import LOUDNESS_DBFS, model_source, target_loudness, untrained_model
from trainer.metrics.latents.interpolation_contribution import InterpolationContribution
from trainer.metrics.latents.usage import usage
from trainer.metrics.probing.linear_probe import Flags, concatenate_results, run_probe
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    LOG_MEL_BANDS,
    POOLINGS,
    UNTRAINED,
    WHOLE_CLIP,
    Features,
    RepresentationSource,
    Waveform,
    log_mel_source,
    normalise_loudness,
    pool_clips,
    select_pooling,
)
from trainer.metrics.probing.tasks import fold_of
from trainer.model import Model

RESULTS = Path(__file__).parent / "results" / "syllables"
LABELS = ("syllable", "vowel")
FOLDS, DEVELOPMENT_FOLDS, TEST_FOLDS = 5, (0, 1), (2, 3, 4)
Bundles = Mapping[int, Path]
"""By test fold: the bundle trained without the words of the fold."""


@dataclass(frozen=True)
class Clips:
    """The corpus: waveforms at `sample_rate`, and for each its labels, word and fold [clips]."""

    sample_rate: int
    waveforms: list[Waveform]
    labels: dict[str, NDArray[np.str_]]
    words: NDArray[np.str_]
    folds: NDArray[np.int64]


def read_clips(data: Path, sample_rate: int) -> Clips:
    """The recordings of `data` that have a word and all LABELS. Raises CorpusError or ValueError."""
    recordings = [r for r in scan(data) if all(name in r.labels for name in ("word", *LABELS))]
    if not recordings:
        raise ValueError(f"no recording of {data.name!r} has the labels word, {' and '.join(LABELS)}")
    words = [str(recording.labels["word"]) for recording in recordings]
    return Clips(
        sample_rate,
        [read_recording(recording, sample_rate) for recording in recordings],
        {label: np.array([str(recording.labels[label]) for recording in recordings]) for label in LABELS},
        np.array(words),
        np.array([fold_of(word, FOLDS) for word in words]),
    )


# --- probes -----------------------------------------------------------------------------------------------------------


def measure_log_mel(clips: Clips, bands: int = LOG_MEL_BANDS) -> list[Score]:
    """The scores of log-mel, the same features for every fold."""
    features = pooled_features([log_mel_source(clips.sample_rate, bands)], clips, LOUDNESS_DBFS)
    return judge(LOG_MEL, dict.fromkeys(TEST_FOLDS, features), clips)


def measure(row: str, bundles: Bundles, clips: Clips) -> list[Score]:
    """The scores of `bundles` on their test folds, and of random weights of the same architecture (seed: the fold).

    Raises ValueError if no test fold has a bundle.
    """
    folds = [fold for fold in TEST_FOLDS if fold in bundles]
    if not folds:
        raise ValueError(f"the row {row!r} has no bundle for any of the folds {', '.join(map(str, TEST_FOLDS))}")
    trained, random_weights = {}, {}
    for fold in folds:
        config = bundle.read_config(bundles[fold]).config
        sources = [
            model_source(bundle.load_encoder(bundles[fold], config)),
            model_source(untrained_model(config, clips.waveforms, fold), f"{UNTRAINED} "),
        ]
        features = pooled_features(sources, clips, target_loudness(config))
        trained[fold] = {name: values for name, values in features.items() if not name.startswith(UNTRAINED)}
        random_weights[fold] = {name: features[f"{UNTRAINED} {name}"] for name in trained[fold]}
    scores = judge(row, trained, clips)
    return scores if row == UNTRAINED else [*scores, *judge(f"{UNTRAINED} {row}", random_weights, clips)]


def pooled_features(sources: Sequence[RepresentationSource], clips: Clips, dbfs: float) -> dict[str, Features]:
    """Features [clips, 2 D] of every representation, pooled over whole clips at a loudness of `dbfs`."""
    return pool_clips(sources, ((normalise_loudness(waveform, dbfs), [WHOLE_CLIP]) for waveform in clips.waveforms))


def judge(row: str, features: Mapping[int, Mapping[str, Features]], clips: Clips) -> list[Score]:
    """Choose a representation for each label and pooling, and score it on the test folds.

    `features`: by test fold (not necessarily all) and representation.
    """
    names = list(next(iter(features.values())))
    # Ties go to the deepest, so it comes first; module 1 is a candidate only if it is the only one
    candidates = [name for name in reversed(names) if name != "module 1" or "module 2" not in names]
    tested = np.isin(clips.folds, list(features))
    words = np.unique(clips.words[np.isin(clips.folds, TEST_FOLDS)])  # the same for all rows, for pairing
    word = np.searchsorted(words, clips.words[tested])
    scores = []
    for (label, classes), pooling in itertools.product(clips.labels.items(), POOLINGS):
        pooled = {name: {fold: select_pooling(features[fold][name], pooling) for fold in features} for name in names}
        development = {name: _development(pooled[name], classes, clips.folds) for name in candidates}
        chosen, development_accuracy = max(development.items(), key=itemgetter(1))
        correct = {name: held_out(pooled[name], classes, clips.folds)[tested] for name in names}
        scores.append(
            Score(
                row,
                label,
                pooling,
                chosen,
                development_accuracy,
                right=np.bincount(word, correct[chosen], minlength=len(words)).astype(int).tolist(),
                of=np.bincount(word, minlength=len(words)).tolist(),
                accuracies={name: float(flags.mean()) for name, flags in correct.items()},
            )
        )
    return scores


def held_out(features: Mapping[int, Features], classes: NDArray[np.str_], folds: NDArray[np.int64]) -> Flags:
    """Whether the probe of its fold classifies each example correctly; False outside the test folds."""
    correct = np.zeros(len(classes), dtype=bool)
    for fold in features:
        correct[folds == fold] = run_probe(features[fold], classes, folds != fold, folds == fold).correct
    return correct


def _development(features: Mapping[int, Features], classes: NDArray[np.str_], folds: NDArray[np.int64]) -> float:
    """Mean accuracy on the development folds, over the bundles of all test folds."""
    outcomes = [
        run_probe(features[fold], classes, ~np.isin(folds, (fold, development)), folds == development)
        for fold in features
        for development in DEVELOPMENT_FOLDS
    ]
    return float(concatenate_results(outcomes).correct.mean())


# --- latents ----------------------------------------------------------------------------------------------------------


def measure_latents(row: str, bundles: Bundles, clips: Clips, pairs: int = 200) -> list[dict[str, Any]]:
    """KL per frame and active dimensions of every module, and the ICS of the deepest module that has a decoder, on the
    test fold of each bundle.
    """
    found: list[dict[str, Any]] = []
    for fold, path in bundles.items():
        model = bundle.load(path)
        waveforms = [w for w, of in zip(clips.waveforms, clips.folds, strict=True) if of == fold]
        waveforms = [normalise_loudness(waveform, target_loudness(model.config)) for waveform in waveforms]
        encoded = [model.encode(waveform) for waveform in waveforms]
        for module in range(1, model.modules_count + 1):
            used = usage([posteriors[module - 1] for posteriors in encoded])
            found.append(
                {
                    "row": row,
                    "fold": fold,
                    "module": module,
                    "dims": model.dims(module),
                    "active": int(used.active.sum()),
                    "kl_per_frame": None if used.kl is None else float(used.kl.sum()),
                }
            )
        found += [{"row": row, "fold": fold, **one} for one in _ics(model, waveforms, pairs)]
    return found


def _ics(model: Model, waveforms: list[Waveform], pairs: int) -> list[dict[str, Any]]:
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    rows: list[InterpolationContribution] = interpolations(model, decoded[-1], waveforms, pairs) if decoded else []
    return [{"module": decoded[-1], "ics": asdict(row)} for row in rows]
