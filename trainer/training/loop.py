"""The one training loop, for encoders and decoders alike: resumable, stoppable, on whatever devices Fabric was given.

Each step draws its crops and its noise from generators seeded with (seed, name, step), so that a resumed run goes on as
if it had never stopped, and draws them for the whole batch, so that several processes compute what one would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.config import Config, TrainingConfig
from trainer.corpus.crops import CropStore
from trainer.runtime import distributed
from trainer.runtime.devices import autocast
from trainer.training.checkpoint import Best, all_finite, resume, save_checkpoint, step_generator
from trainer.training.progress import Metrics, Progress
from trainer.training.run_folder import StopRequest, TrainingError, graceful_stop, learning_rate, set_learning_rate

LOG_EVERY = 20
VALIDATION_BATCHES = 8

Outputs = tuple[Any, ...]
"""What an objective gives: the loss, then tensors, each a mean over the batch, in any nesting."""


@dataclass(frozen=True)
class Task:
    """What is trained. `objective` maps what a store's `batch_at` gives, and a generator, to Outputs, and `metrics`
    these, one by one, to what is logged; `summary` is what the progress bar shows of it.
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
    """Take `task` to `training.steps` steps, or until `training.patience` is exhausted, resuming from its checkpoint in
    the folder `run`.

    Returns whether it ran to the end (False: stopped, checkpoint kept). Raises CheckpointError or TrainingError.
    """
    _check_shares(training)
    checkpoint = run / f"{task.name}.checkpoint"
    done, best = resume(checkpoint, task.objective, task.optimiser, config)
    if len(set(distributed.everyone(done))) > 1:
        raise TrainingError("not every process sees the same checkpoint; --out must be a folder all machines share")
    network, optimiser = fabric.setup(task.objective, task.optimiser)
    batch_seconds = training.batch_size * training.crop_samples / config.sample_rate
    told = Progress(run, task.name, done, training.steps, batch_seconds, telling=fabric.is_global_zero)
    with graceful_stop() as stop, told:
        network.train()
        for step in range(done, training.steps):
            if best is not None and _patience_exhausted(training, step - best.step):
                told.say(f"no lower validation loss since step {best.step}; training ends")
                break
            outputs = _step(fabric, task.name, network, optimiser, sources.train, training, step)
            told.advance()

            finished, last = step + 1, step + 1 == training.steps
            if finished % LOG_EVERY == 0 or last:
                metrics = _mean_metrics(fabric, task, outputs)
                _check_loss(task, metrics, finished)
                told.training(finished, metrics, task.summary(metrics), learning_rate(training, step))
            due = finished % training.checkpoint_every == 0 or last
            if due:
                metrics = _validate(fabric, task, sources.validation, training)
                _check_loss(task, metrics, finished)
                told.validation(finished, metrics)
                if training.patience is not None and (best is None or metrics["loss"] < best.loss):
                    best = Best(finished, metrics["loss"], _copy(task.objective))
            stopping = _all_stop(stop, finished)
            if due or stopping:
                _check_weights(task, finished)
                if fabric.is_global_zero:
                    save_checkpoint(checkpoint, task.objective, optimiser, finished, config, best)
                fabric.barrier()
            if stopping:
                told.say(f"stopped after step {finished}; the same command goes on from here")
                return False
    if training.patience is not None and best is not None:
        task.objective.load_state_dict(best.weights)
    return True


def _step(
    fabric: Fabric,
    name: str,
    network: _FabricModule,
    optimiser: Optimizer,
    store: CropStore,
    training: TrainingConfig,
    step: int,
) -> list[Outputs]:
    """One update; what the objective gave for each part of the batch. Nothing here waits for the device."""
    set_learning_rate(optimiser, learning_rate(training, step))
    noise = step_generator(training.seed, step, f"{name}/noise", fabric.device)
    outputs: list[Outputs] = []
    for batch in _parts(fabric, store, training, step, name):
        more = len(outputs) + 1 < training.accumulate
        with fabric.no_backward_sync(network, enabled=more):
            with autocast(fabric.device, training.precision):
                outputs.append(network(batch, noise))
            fabric.backward(outputs[-1][0] / training.accumulate)
    if training.gradient_clip is not None:
        fabric.clip_gradients(network, optimiser, max_norm=training.gradient_clip, error_if_nonfinite=False)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return outputs


def _parts(fabric: Fabric, store: CropStore, training: TrainingConfig, step: int, stream: str) -> Iterator[Any]:
    """This process's share of each part of the batch."""
    generator = step_generator(training.seed, step, f"{stream}/crops")
    for part in store.moments(training.batch_size, generator).chunk(training.accumulate):
        yield fabric.to_device(store.batch_at(part[distributed.share(len(part))], training.crop_samples))


@torch.no_grad()
def _validate(fabric: Fabric, task: Task, store: CropStore, training: TrainingConfig) -> Metrics:
    """The mean metrics of the same validation crops and noise, whatever the step."""
    task.objective.eval()
    outputs = []
    for index in range(VALIDATION_BATCHES):
        noise = step_generator(training.seed, index, "validation/noise", fabric.device)
        outputs += [task.objective(batch, noise) for batch in _parts(fabric, store, training, index, "validation")]
    task.objective.train()
    return _mean_metrics(fabric, task, outputs)


@torch.no_grad()
def _mean_metrics(fabric: Fabric, task: Task, outputs: list[Outputs]) -> Metrics:
    """Over all processes and all `outputs`, the same on every process."""
    every = [task.metrics(*fabric.all_reduce(part, reduce_op="mean")) for part in outputs]
    return {name: torch.tensor([metrics[name] for metrics in every]).double().mean(0).tolist() for name in every[0]}


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _patience_exhausted(training: TrainingConfig, steps_since_best: int) -> bool:
    return training.patience is not None and steps_since_best // training.checkpoint_every >= training.patience


def _all_stop(stop: StopRequest, finished: int) -> bool:
    """Whether to stop here: processes must do so after the same step, and ask one another only now and then."""
    if distributed.world_size() > 1 and finished % LOG_EVERY:
        return False
    return any(distributed.everyone(bool(stop)))


def _check_shares(training: TrainingConfig) -> None:
    parts = training.accumulate * distributed.world_size()
    if training.batch_size % parts:
        raise TrainingError(
            f"batch_size ({training.batch_size}) must be a multiple of {parts}: "
            f"{distributed.world_size()} processes share it, in {training.accumulate} part(s) each"
        )


def _check_loss(task: Task, metrics: Metrics, finished: int) -> None:
    if not torch.isfinite(torch.tensor(metrics["loss"])):
        raise _diverged(f"the loss of {task.name} is {metrics['loss']}", finished)


def _check_weights(task: Task, finished: int) -> None:
    """A checkpoint must be one to go back to."""
    if not all(distributed.everyone(all_finite(task.objective, task.optimiser))):
        raise _diverged(f"a weight of {task.name} is no number", finished)


def _diverged(what: str, finished: int) -> TrainingError:
    return TrainingError(f"{what} at step {finished}; the checkpoint before it is kept. Lower the learning_rate")
