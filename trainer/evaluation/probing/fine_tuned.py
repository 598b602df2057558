"""Probes that fine-tune the modules above a module, trained per cross-validation fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus import read_recording
from trainer.evaluation.probing.fine_tuned_probe import ClipSpans, fine_tuned_log_probabilities
from trainer.evaluation.probing.probes import ProbeData
from trainer.evaluation.representations import target_loudness
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.dimension_information import class_codes
from trainer.metrics.probing.pooling import normalise_loudness
from trainer.model import Model

MAX_SECONDS = 300.0
"""Maximum duration of all recordings together: their latents stay in memory and are used in many epochs."""


def limit_duration(validation: CrossValidation, data: ProbeData) -> CrossValidation:
    """`validation` with the examples of evenly spaced recordings that last at most about MAX_SECONDS together."""
    task = validation.task
    recording = np.array([data.places[row][0] for row in task.rows.tolist()])
    recordings = np.unique(recording)
    total = sum(data.recordings[index].duration for index in recordings.tolist())
    share = min(1.0, MAX_SECONDS / max(total, 1e-9))
    # Evenly spaced: take a recording whenever the cumulative share reaches the next integer
    taken = np.floor(np.arange(1, len(recordings) + 1) * share) > np.floor(np.arange(len(recordings)) * share)
    kept = np.isin(recording, recordings[taken])
    limited = replace(task, classes=task.classes[kept], groups=task.groups[kept], rows=task.rows[kept])
    return replace(validation, task=limited)


def fine_tuned_predictions(
    model: Model, validation: CrossValidation, data: ProbeData, early_stopping: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Log-probabilities [N, C] of the test examples, fold after fold, for each module except the deepest.

    Of the training examples, those in `early_stopping` [N] are for early stopping. `model` has no rotation.
    """
    places = [data.places[row] for row in validation.task.rows.tolist()]
    recordings, clip = np.unique([index for index, _ in places], return_inverse=True)
    dbfs, rate = target_loudness(model.config), model.config.sample_rate
    waves = (normalise_loudness(read_recording(data.recordings[index], rate), dbfs) for index in recordings.tolist())
    encoded = [[one.mean.clone() for one in model.encode(wave)[:-1]] for wave in waves]
    examples = ClipSpans(clip.astype(np.int64), [span for _, span in places], class_codes(validation.task.classes))
    for module in range(1, len(model.geometry)):
        latents = [torch.Tensor(each[module - 1]) for each in encoded]
        bar = tqdm(validation.splits(), desc=f"{validation.task.label}: above layer {module}", unit="fold", leave=False)
        yield (
            module,
            np.concatenate(
                [
                    fine_tuned_log_probabilities(model, module, latents, examples, train, early_stopping)
                    for train, _ in bar
                ]
            ),
        )
