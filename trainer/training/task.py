"""A training task: an objective, its optimiser, the recordings it learns from and the metrics it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from trainer.corpus.crops import CropStore
from trainer.training.progress import Metrics

Outputs = tuple[Any, ...]
"""Outputs of an objective: the loss, then tensors in any nesting, each a mean over the batch."""


@dataclass(frozen=True)
class Task:
    """A network to train.

    `objective` maps a batch (from `CropStore.batch_at`) and a generator to Outputs. `metrics` maps Outputs to the
    metrics that are logged, and `summary` maps these to the text of the progress bar.
    """

    name: str
    objective: nn.Module
    optimiser: Optimizer
    metrics: Callable[..., Metrics]
    summary: Callable[[Metrics], str]


@dataclass(frozen=True)
class DataStores:
    """Decoded recordings of the training split and of the validation split."""

    train: CropStore
    validation: CropStore
