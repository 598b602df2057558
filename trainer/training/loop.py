"""The training loop of encoders and decoders: resumable, interruptible, on one or more devices.

Each step draws its crops and its noise from generators seeded with (seed, task, step), so a resumed run continues as if
it had never stopped. Both are drawn for the whole batch, so several processes compute what one would.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from trainer.training.errors import TrainingError
from trainer.training.interruption import StopRequest, graceful_stop
from trainer.training.progress import Metrics, Progress
from trainer.training.schedule import learning_rate, set_learning_rate
from trainer.training.task import DataStores, Outputs, Task

LOG_EVERY = 20
VALIDATION_BATCHES = 8


def train(fabric: Fabric, task: Task, stores: DataStores, config: Config, training: TrainingConfig, run: Path) -> bool:
    """Train `task` for `training.steps` steps or until `training.patience` runs out, resuming from the run folder.

    Returns whether the run ended (False: it was interrupted; its checkpoint is kept). Raises CheckpointError or
    TrainingError.
    """
    _check_batch_size(training)
    checkpoint = run / f"{task.name}.checkpoint"
    done, best = _resume(checkpoint, task, config)
    network, optimiser = fabric.setup(task.objective, task.optimiser)
    batch_seconds = training.batch_size * training.crop_samples / config.sample_rate
    progress = Progress(run, task.name, done, training.steps, batch_seconds, enabled=fabric.is_global_zero)
    with graceful_stop() as stop, progress:
        network.train()
        for step in range(done, training.steps):
            if best is not None and _out_of_patience(training, step - best.step):
                progress.message(f"no lower validation loss since step {best.step}; training ends")
                break
            outputs = _step(fabric, task.name, network, optimiser, stores.train, training, step)
            progress.advance()

            finished, last = step + 1, step + 1 == training.steps
            if finished % LOG_EVERY == 0 or last:
                metrics = _mean_metrics(fabric, task, outputs)
                _check_loss(task, metrics, finished)
                progress.log_training(finished, metrics, task.summary(metrics), learning_rate(training, step))
            validated = finished % training.checkpoint_every == 0 or last
            if validated:
                metrics = _validate(fabric, task, stores.validation, training)
                _check_loss(task, metrics, finished)
                progress.log_validation(finished, metrics)
                best = _better(best, task, metrics, training, finished)
            stopping = _all_stop(stop, finished)
            if validated or stopping:
                _save(fabric, checkpoint, task, optimiser, finished, config, best)
            if stopping:
                progress.message(f"stopped after step {finished}; run the same command to resume")
                return False
    if training.patience is not None and best is not None:
        task.objective.load_state_dict(best.weights)
    return True


def _resume(checkpoint: Path, task: Task, config: Config) -> tuple[int, Best | None]:
    """Number of finished steps and the best weights so far, from the checkpoint, which every process must see."""
    done, best = resume(checkpoint, task.objective, task.optimiser, config)
    if len(set(distributed.all_gather_objects(done))) > 1:
        raise TrainingError("the processes see different checkpoints; --out must be a folder all machines share")
    return done, best


def _save(
    fabric: Fabric,
    checkpoint: Path,
    task: Task,
    optimiser: Optimizer,
    finished: int,
    config: Config,
    best: Best | None,
) -> None:
    """Write a checkpoint from the first process; all wait for it. Raises TrainingError if a weight is not finite."""
    if not all(distributed.all_gather_objects(all_finite(task.objective, task.optimiser))):
        raise _diverged(f"a weight of {task.name} is not finite", finished)
    if fabric.is_global_zero:
        save_checkpoint(checkpoint, task.objective, optimiser, finished, config, best)
    fabric.barrier()


def _step(
    fabric: Fabric,
    name: str,
    network: _FabricModule,
    optimiser: Optimizer,
    store: CropStore,
    training: TrainingConfig,
    step: int,
) -> list[Outputs]:
    """One optimiser step; the objective's outputs for each part of the batch. Never waits for the device."""
    set_learning_rate(optimiser, learning_rate(training, step))
    noise = step_generator(training.seed, step, f"{name}/noise", fabric.device)
    outputs: list[Outputs] = []
    for batch in _batch_parts(fabric, store, training, step, name):
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


def _batch_parts(fabric: Fabric, store: CropStore, training: TrainingConfig, step: int, stream: str) -> Iterator[Any]:
    """This rank's slice of each of the `training.accumulate` parts of the batch."""
    generator = step_generator(training.seed, step, f"{stream}/crops")
    for part in store.draw_positions(training.batch_size, generator).chunk(training.accumulate):
        yield fabric.to_device(store.batch_at(part[distributed.rank_slice(len(part))], training.crop_samples))


@torch.no_grad()
def _validate(fabric: Fabric, task: Task, store: CropStore, training: TrainingConfig) -> Metrics:
    """Mean metrics over validation crops and noise that are the same at every step."""
    task.objective.eval()
    outputs = []
    for index in range(VALIDATION_BATCHES):
        noise = step_generator(training.seed, index, "validation/noise", fabric.device)
        batches = _batch_parts(fabric, store, training, index, "validation")
        outputs += [task.objective(batch, noise) for batch in batches]
    task.objective.train()
    return _mean_metrics(fabric, task, outputs)


@torch.no_grad()
def _mean_metrics(fabric: Fabric, task: Task, outputs: list[Outputs]) -> Metrics:
    """Metrics averaged over all ranks and all `outputs`, the same on every rank."""
    parts = [task.metrics(*fabric.all_reduce(part, reduce_op="mean")) for part in outputs]
    return {name: torch.tensor([metrics[name] for metrics in parts]).double().mean(0).tolist() for name in parts[0]}


def _better(best: Best | None, task: Task, metrics: Metrics, training: TrainingConfig, finished: int) -> Best | None:
    """The current weights if their validation loss is the lowest so far, else `best`. None without patience."""
    if training.patience is not None and (best is None or metrics["loss"] < best.loss):
        return Best(finished, metrics["loss"], _copy(task.objective))
    return best


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _out_of_patience(training: TrainingConfig, steps_since_best: int) -> bool:
    return training.patience is not None and steps_since_best // training.checkpoint_every >= training.patience


def _all_stop(stop: StopRequest, finished: int) -> bool:
    """Whether to stop here. All processes must stop after the same step, and compare only every LOG_EVERY steps."""
    if distributed.world_size() > 1 and finished % LOG_EVERY:
        return False
    return any(distributed.all_gather_objects(bool(stop)))


def _check_batch_size(training: TrainingConfig) -> None:
    parts = training.accumulate * distributed.world_size()
    if training.batch_size % parts:
        raise TrainingError(
            f"batch_size ({training.batch_size}) must be a multiple of {parts}: "
            f"{distributed.world_size()} processes x {training.accumulate} parts (accumulate)"
        )


def _check_loss(task: Task, metrics: Metrics, finished: int) -> None:
    if not torch.isfinite(torch.tensor(metrics["loss"])):
        raise _diverged(f"the loss of {task.name} is {metrics['loss']}", finished)


def _diverged(reason: str, finished: int) -> TrainingError:
    return TrainingError(f"{reason} at step {finished}; the last checkpoint is kept. Lower the learning_rate")
