"""Learning-rate schedule: linear warm-up, then a cosine."""

from __future__ import annotations

import math

from torch.optim import Optimizer

from trainer.config import TrainingConfig


def learning_rate(training: TrainingConfig, step: int) -> float:
    """Learning rate of the step that follows `step` finished ones.

    Linear warm-up to `training.learning_rate`, then a cosine to its share `training.final_learning_rate`.
    """
    if step < training.warmup_steps:
        return training.learning_rate * (step + 1) / training.warmup_steps
    progress = (step - training.warmup_steps) / max(1, training.steps - training.warmup_steps)
    final = training.final_learning_rate
    return training.learning_rate * (final + (1 - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2)


def set_learning_rate(optimiser: Optimizer, rate: float) -> None:
    """Set `rate`, times its `relative_rate` if it has one, in every parameter group."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("relative_rate", 1.0)
