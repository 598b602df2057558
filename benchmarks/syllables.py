"""How well syllables and vowels are told from each training, on words neither encoder nor probe has met.

A row of the table is one way of training, with one bundle for each test fold: trained without that fold's words, its
seed the fold's number. The probe of a fold learns from all other folds, in that bundle's own latents. Which module is
reported is chosen, for each label and pooling, on the development folds, by probes of the same bundles that learn from
neither the bundle's test fold nor the development fold. Every row is held against log-mel with the same pooling and
against fresh weights of its own architecture, by paired bootstrap over words.
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
from trainer.metrics.latents.interpolation_contribution import Contribution
from trainer.metrics.latents.usage import usage
from trainer.metrics.probing.linear_probe import Flags, joined, run_probe
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    LOG_MEL_BANDS,
    LOUDNESS_DBFS,
    POOLINGS,
    UNTRAINED,
    WHOLE,
    Features,
    Source,
    Waveform,
    level,
    log_mel_source,
    loudness,
    model_source,
    pool_clips,
    select,
    untrained,
)
from trainer.metrics.probing.tasks import fold_of
from trainer.model import Model

RESULTS = Path(__file__).parent / "results" / "syllables"
LABELS = ("syllable", "vowel")
FOLDS, DEVELOPMENT_FOLDS, TEST_FOLDS = 5, (0, 1), (2, 3, 4)
Bundles = Mapping[int, Path]
"""By test fold: the bundle trained without its words."""


@dataclass(frozen=True)
class Clips:
    """The corpus: waveforms at `sample_rate`, labels by name, words, and the fold of each word."""

    sample_rate: int
    waveforms: list[Waveform]
    labels: dict[str, NDArray[np.str_]]
    words: NDArray[np.str_]
    folds: NDArray[np.int64]


def read_clips(data: Path, sample_rate: int) -> Clips:
    """The recordings of `data` that have a word and all labels. Raises CorpusError or ValueError."""
    recordings = [r for r in scan(data) if all(name in r.labels for name in ("word", *LABELS))]
    if not recordings:
        raise ValueError(f"no recording of {data.name!r} tells its word, {' and '.join(LABELS)}")
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
    """The row `log-mel`, the same for every fold."""
    features = _pooled([log_mel_source(clips.sample_rate, bands)], clips, LOUDNESS_DBFS)
    return judge(LOG_MEL, dict.fromkeys(TEST_FOLDS, features), clips)


def measure(row: str, bundles: Bundles, clips: Clips) -> list[Score]:
    """The row of `bundles`, on the folds they are for, and one of fresh weights in the same architecture, whose seed is
    the fold. Raises ValueError where no test fold has a bundle.
    """
    folds = [fold for fold in TEST_FOLDS if fold in bundles]
    if not folds:
        raise ValueError(f"the row {row!r} has no bundle for any of the folds {', '.join(map(str, TEST_FOLDS))}")
    trained, fresh = {}, {}
    for fold in folds:
        config = bundle.read_config(bundles[fold]).config
        sources = [
            model_source(bundle.load_encoder(bundles[fold], config)),
            model_source(untrained(config, clips.waveforms, fold), f"{UNTRAINED} "),
        ]
        features = _pooled(sources, clips, loudness(config))
        trained[fold] = {name: values for name, values in features.items() if not name.startswith(UNTRAINED)}
        fresh[fold] = {name: features[f"{UNTRAINED} {name}"] for name in trained[fold]}
    of_row = judge(row, trained, clips)
    return of_row if row == UNTRAINED else [*of_row, *judge(f"{UNTRAINED} {row}", fresh, clips)]


def _pooled(sources: Sequence[Source], clips: Clips, dbfs: float) -> dict[str, Features]:
    return pool_clips(sources, ((level(waveform, dbfs), [WHOLE]) for waveform in clips.waveforms))


def judge(row: str, features: Mapping[int, Mapping[str, Features]], clips: Clips) -> list[Score]:
    """Choose a representation for each label and pooling, and score all of them on the test folds; `features` are by
    test fold, not necessarily all of them, and representation.
    """
    names = list(next(iter(features.values())))
    # The deepest first, which a tie goes to; module 1 only where it is the last
    candidates = [name for name in reversed(names) if name != "module 1" or "module 2" not in names]
    tested = np.isin(clips.folds, list(features))
    words = np.unique(clips.words[np.isin(clips.folds, TEST_FOLDS)])  # of all rows alike, so that they pair
    word = np.searchsorted(words, clips.words[tested])
    scores = []
    for (label, classes), pooling in itertools.product(clips.labels.items(), POOLINGS):
        pooled = {name: {fold: select(features[fold][name], pooling) for fold in features} for name in names}
        development = {name: _development(pooled[name], classes, clips.folds) for name in candidates}
        chosen, development_accuracy = max(development.items(), key=itemgetter(1))
        right = {name: held_out(pooled[name], classes, clips.folds)[tested] for name in names}
        scores.append(
            Score(
                row,
                label,
                pooling,
                chosen,
                development_accuracy,
                right=np.bincount(word, right[chosen], minlength=len(words)).astype(int).tolist(),
                of=np.bincount(word, minlength=len(words)).tolist(),
                accuracies={name: float(flags.mean()) for name, flags in right.items()},
            )
        )
    return scores


def held_out(features: Mapping[int, Features], classes: NDArray[np.str_], folds: NDArray[np.int64]) -> Flags:
    """Whether each example is told right by the probe of its fold; False outside the test folds."""
    right = np.zeros(len(classes), dtype=bool)
    for fold in features:
        right[folds == fold] = run_probe(features[fold], classes, folds != fold, folds == fold).correct
    return right


def _development(features: Mapping[int, Features], classes: NDArray[np.str_], folds: NDArray[np.int64]) -> float:
    """Accuracy on the development folds, over the bundles of all test folds."""
    outcomes = [
        run_probe(features[fold], classes, ~np.isin(folds, (fold, tried)), folds == tried)
        for fold in features
        for tried in DEVELOPMENT_FOLDS
    ]
    return float(joined(outcomes).correct.mean())


# --- latents ----------------------------------------------------------------------------------------------------------


def measure_latents(row: str, bundles: Bundles, clips: Clips, pairs: int = 200) -> list[dict[str, Any]]:
    """KL per frame and active dimensions of every module, on the test fold of each bundle, and ICS at its deepest
    module that has a decoder.
    """
    found: list[dict[str, Any]] = []
    for fold, path in bundles.items():
        model = bundle.load(path)
        waveforms = [w for w, of in zip(clips.waveforms, clips.folds, strict=True) if of == fold]
        waveforms = [level(waveform, loudness(model.config)) for waveform in waveforms]
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
        found += [{"row": row, "fold": fold, **one} for one in _interpolated(model, waveforms, pairs)]
    return found


def _interpolated(model: Model, waveforms: list[Waveform], pairs: int) -> list[dict[str, Any]]:
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    rows: list[Contribution] = interpolations(model, decoded[-1], waveforms, pairs) if decoded else []
    return [{"module": decoded[-1], "ics": asdict(row)} for row in rows]
