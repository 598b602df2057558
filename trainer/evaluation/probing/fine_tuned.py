"""Modules above fine-tuned, as a probe of what lies below them: which recordings it learns from, fold by fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus import read_recording
from trainer.evaluation.probing.probes import Probed
from trainer.metrics.probing.dimension_information import class_codes
from trainer.metrics.probing.fine_tuned_probe import Examples, fine_tuned_answers
from trainer.metrics.probing.linear_probe import Trial
from trainer.metrics.probing.pooling import level, loudness
from trainer.model import Model

MOST_SECONDS = 300.0
"""Of all recordings together, spread evenly: their latents are kept in memory, and gone through many times."""


def some_of(trial: Trial, probed: Probed) -> Trial:
    """`trial` with the examples of as many recordings as last MOST_SECONDS."""
    homes = np.array([probed.places[row][0] for row in trial.question.rows.tolist()])
    there = np.unique(homes)
    total = sum(probed.recordings[home].duration for home in there.tolist())
    share = min(1.0, MOST_SECONDS / max(total, 1e-9))
    # Evenly spread: one more whenever another whole recording is due
    due = np.floor(np.arange(1, len(there) + 1) * share) > np.floor(np.arange(len(there)) * share)
    kept = np.isin(homes, there[due])
    question = trial.question
    some = replace(question, classes=question.classes[kept], groups=question.groups[kept], rows=question.rows[kept])
    return replace(trial, question=some)


def fine_tuned(
    model: Model, trial: Trial, probed: Probed, aside: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """For each module but the deepest, the log-probabilities [n, classes] of the examples tested, fold after fold; of
    those learnt from `aside` [n] say when to stop. `model` is without axes.
    """
    places = [probed.places[row] for row in trial.question.rows.tolist()]
    homes, clip = np.unique([home for home, _ in places], return_inverse=True)
    dbfs, rate = loudness(model.config), model.config.sample_rate
    waves = (level(read_recording(probed.recordings[home], rate), dbfs) for home in homes.tolist())
    encoded = [[one.mean.clone() for one in model.encode(wave)[:-1]] for wave in waves]
    examples = Examples(clip.astype(np.int64), [span for _, span in places], class_codes(trial.question.classes))
    for module in range(1, len(model.geometry)):
        latents = [torch.Tensor(each[module - 1]) for each in encoded]
        bar = tqdm(trial.parts(), desc=f"{trial.question.label}: above module {module}", unit="fold", leave=False)
        said = [fine_tuned_answers(model, module, latents, examples, train, aside) for train, _ in bar]
        yield module, np.concatenate(said)
