"""Train an encoder. One plain loop; Lightning Fabric brings devices, precision and, under torchrun, DDP.

python -m trainer fit --preset demo --data recordings --out models/mine
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from tqdm import tqdm

from trainer import bundle
from trainer.checkpoint import resume, save_checkpoint, step_generator
from trainer.config import Config
from trainer.corpus.crops import CropStore
from trainer.corpus.sides import find_sides, open_stores
from trainer.model import Model
from trainer.objectives import ModuleLoss, SIMObjective
from trainer.run import (
    MetricsLog,
    TrainingError,
    code_version,
    graceful_stop,
    learning_rate,
    run_folder,
    set_learning_rate,
)

LOG_EVERY = 20
VALIDATION_BATCHES = 8
ACTIVE_NATS = 0.01  # a dimension with less KL a frame tells the decoder nothing


def fit(
    config: Config, data: Sequence[Path], out: Path, *, accelerator: str = "auto", devices: int | str = "auto"
) -> bool:
    """Train `config`'s encoder on the recordings in `data` into a bundle at `out`, resuming what an earlier call began.

    Returns whether it ran to the end (False: stopped by Ctrl-C, checkpoint kept). Raises CorpusError, CheckpointError
    or TrainingError.
    """
    training = config.training
    fabric = Fabric(accelerator=accelerator, devices=devices, precision=training.precision)
    fabric.launch()
    run = run_folder(out)
    with fabric.rank_zero_first():
        sides = find_sides(data, config)
        train, validation = open_stores(sides, run / "waveforms", config)

    torch.manual_seed(training.seed)
    model = Model(config)
    objective = SIMObjective(config, model.encoder)
    optimiser = torch.optim.Adam(objective.parameters(), lr=training.learning_rate)
    done = resume(run / "encoder.checkpoint", objective, optimiser, config)
    network, optimiser = fabric.setup(objective, optimiser)

    def keep(step: int) -> None:
        if fabric.is_global_zero:
            save_checkpoint(run / "encoder.checkpoint", objective, optimiser, step, config)
        fabric.barrier()

    log = MetricsLog(run / "encoder.jsonl", done) if fabric.is_global_zero else None
    progress = tqdm(total=training.steps, initial=done, desc="encoder", unit="step", disable=not fabric.is_global_zero)
    with graceful_stop() as stop, progress:
        network.train()
        for step in range(done, training.steps):
            generator = step_generator(training.seed, step, f"train/{fabric.global_rank}", fabric.device)
            draw = (
                generator
                if fabric.device.type == "cpu"
                else step_generator(training.seed, step, f"crops/{fabric.global_rank}")
            )
            crops = fabric.to_device(train.crops(training.batch_size, training.crop_samples, draw))
            set_learning_rate(optimiser, learning_rate(training, step))
            loss, parts, context = network(crops, generator)
            fabric.backward(loss)
            if training.gradient_clip is not None:
                fabric.clip_gradients(network, optimiser, max_norm=training.gradient_clip, error_if_nonfinite=False)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            progress.update()

            finished = step + 1
            if finished % LOG_EVERY == 0 or finished == training.steps:
                record = _record(loss, parts, context)
                if not torch.isfinite(loss):
                    raise TrainingError(
                        f"the loss is {record['loss']} at step {finished}; the checkpoint before it is kept. "
                        "Lower training.learning_rate"
                    )
                progress.set_postfix_str(_summary(record))
                if log is not None:
                    log.write(finished, side="train", learning_rate=learning_rate(training, step), **record)
            if finished % training.checkpoint_every == 0 or finished == training.steps or stop:
                if log is not None:
                    log.write(finished, side="validation", **_validate(objective, validation, config, fabric.device))
                keep(finished)
            if stop:
                tqdm.write(f"stopped after step {finished}; the same command goes on from here", file=sys.stderr)
                return False

    if fabric.is_global_zero:
        provenance = bundle.Provenance(code_version=code_version(), seed=training.seed, corpora=sides.notes)
        bundle.save(out, model.cpu(), provenance)
    fabric.barrier()
    return True


@torch.no_grad()
def _validate(objective: SIMObjective, store: CropStore, config: Config, device: torch.device) -> dict[str, Any]:
    """The record of the same validation crops, whatever the step."""
    objective.eval()
    records = []
    for index in range(VALIDATION_BATCHES):
        generator = step_generator(config.training.seed, index, "validate")
        crops = store.crops(config.training.batch_size, config.training.crop_samples, generator).to(device)
        records.append(_record(*objective(crops, step_generator(config.training.seed, index, "validate", device))))
    objective.train()
    return _mean(records)


def _record(loss: Tensor, parts: list[ModuleLoss], context: Tensor | None) -> dict[str, Any]:
    """Losses in nats, and the number of active dimensions, module by module."""
    record: dict[str, Any] = {"loss": loss.item(), "info_nce": [part.info_nce.item() for part in parts]}
    if all(part.kl is not None for part in parts):
        record["kl"] = [part.kl.item() for part in parts if part.kl is not None]
        record["active"] = [int((part.kl_per_dim > ACTIVE_NATS).sum()) for part in parts if part.kl_per_dim is not None]
    if context is not None:
        record["context_info_nce"] = context.item()
    return record


def _mean(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: torch.tensor([record[name] for record in records], dtype=torch.float64).mean(0).tolist()
        for name in records[0]
    }


def _summary(record: dict[str, Any]) -> str:
    def brief(values: list[float]) -> str:
        return "/".join(f"{value:.3g}" for value in values)

    parts = [f"InfoNCE {brief(record['info_nce'])}"]
    if "kl" in record:
        parts += [f"KL {brief(record['kl'])}", f"active {brief(record['active'])}"]
    return ", ".join(parts)
