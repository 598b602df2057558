"""The one training loop, for encoders and decoders alike: resumable, stoppable, on whatever devices Fabric was given.

Each step draws its crops and its noise from generators seeded with (seed, name, step, rank), so that a resumed run goes
on as if it had never stopped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim import Optimizer
from tqdm import tqdm

from trainer.checkpoint import resume, save_checkpoint, step_generator
from trainer.config import Config, TrainingConfig
from trainer.corpus.crops import CropStore
from trainer.run import MetricsLog, TrainingError, graceful_stop, learning_rate, set_learning_rate

LOG_EVERY = 20
VALIDATION_BATCHES = 8

Metrics = dict[str, Any]
"""Numbers, or lists with one number a module, by name; `loss` among them."""


@dataclass(frozen=True)
class Task:
    """What is trained. `objective` maps crops (B, samples) and a generator to a tuple whose first item is the loss, and
    `metrics` that tuple's items to what is logged; `summary` is what the progress bar shows of it.
    """

    name: str
    objective: nn.Module
    optimiser: Optimizer
    metrics: Callable[..., Metrics]
    summary: Callable[[Metrics], str]


@dataclass(frozen=True)
class Sources:
    """The decoded recordings that are learnt from, and those that are not."""

    train: CropStore
    validation: CropStore


def train(fabric: Fabric, task: Task, sources: Sources, config: Config, training: TrainingConfig, run: Path) -> bool:
    """Take `task` to `training.steps` steps, resuming from its checkpoint in the folder `run`.

    Returns whether it ran to the end (False: stopped, checkpoint kept). Raises CheckpointError or TrainingError.
    """
    checkpoint = run / f"{task.name}.checkpoint"
    done = resume(checkpoint, task.objective, task.optimiser, config)
    network, optimiser = fabric.setup(task.objective, task.optimiser)
    log = MetricsLog(run / f"{task.name}.jsonl", done) if fabric.is_global_zero else None
    progress = tqdm(total=training.steps, initial=done, desc=task.name, unit="step", disable=not fabric.is_global_zero)
    with graceful_stop() as stop, progress:
        network.train()
        for step in range(done, training.steps):
            stream = f"{task.name}/{fabric.global_rank}"
            crops = _crops(fabric, sources.train, training, step, stream)
            set_learning_rate(optimiser, learning_rate(training, step))
            noise = step_generator(training.seed, step, f"{stream}/noise", fabric.device)
            with _mixed_precision(fabric, training):
                outputs = network(crops, noise)
            fabric.backward(outputs[0])
            if training.gradient_clip is not None:
                fabric.clip_gradients(network, optimiser, max_norm=training.gradient_clip, error_if_nonfinite=False)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            progress.update()

            finished, last = step + 1, step + 1 == training.steps
            if finished % LOG_EVERY == 0 or last:
                metrics = task.metrics(*outputs)
                _check_finite(task, metrics, finished)
                progress.set_postfix_str(task.summary(metrics))
                if log is not None:
                    log.write(finished, side="train", learning_rate=learning_rate(training, step), **metrics)
            if finished % training.checkpoint_every == 0 or last or stop:
                if log is not None:
                    validation = _validate(fabric, task, sources.validation, training)
                    _check_finite(task, validation, finished)  # the weights too: a checkpoint must be one to go back to
                    log.write(finished, side="validation", **validation)
                    save_checkpoint(checkpoint, task.objective, optimiser, finished, config)
                fabric.barrier()
            if stop:
                tqdm.write(f"stopped after step {finished}; the same command goes on from here", file=sys.stderr)
                return False
    return True


def _crops(fabric: Fabric, store: CropStore, training: TrainingConfig, step: int, stream: str) -> torch.Tensor:
    generator = step_generator(training.seed, step, f"{stream}/crops")
    crops: torch.Tensor = fabric.to_device(store.crops(training.batch_size, training.crop_samples, generator))
    return crops


def _mixed_precision(fabric: Fabric, training: TrainingConfig) -> torch.autocast:
    """Not Fabric's own mixed precision: that rounds the waveform to bfloat16 before anything else, and its 8 bits lose
    what is quiet in loud speech.
    """
    return torch.autocast(fabric.device.type, torch.bfloat16, enabled=training.precision == "bf16-mixed")


def _check_finite(task: Task, metrics: Metrics, finished: int) -> None:
    loss = torch.tensor(metrics["loss"])
    if not torch.isfinite(loss):
        raise TrainingError(
            f"the loss of {task.name} is {loss.item()} at step {finished}; the checkpoint before it is kept. "
            "Lower the learning_rate"
        )


@torch.no_grad()
def _validate(fabric: Fabric, task: Task, store: CropStore, training: TrainingConfig) -> Metrics:
    """The mean metrics of the same validation crops and noise, whatever the step."""
    task.objective.eval()
    batches = []
    for index in range(VALIDATION_BATCHES):
        crops = _crops(fabric, store, training, index, "validation")
        noise = step_generator(training.seed, index, "validation/noise", fabric.device)
        batches.append(task.metrics(*task.objective(crops, noise)))
    task.objective.train()
    return {name: torch.tensor([batch[name] for batch in batches]).double().mean(0).tolist() for name in batches[0]}
