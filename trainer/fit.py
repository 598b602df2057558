"""Train an encoder.

python -m trainer fit --preset demo --data recordings --out models/mine
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from trainer import bundle
from trainer.analysis.usage import ACTIVE_NATS
from trainer.config import Config
from trainer.corpus.sides import find_sides, open_stores
from trainer.devices import launch
from trainer.loop import Sources, Task, train
from trainer.model import Model
from trainer.objectives import ModuleLoss, SIMObjective
from trainer.progress import Metrics
from trainer.run import code_version, run_folder


def fit(
    config: Config, data: Sequence[Path], out: Path, *, accelerator: str = "auto", devices: int | str = "auto"
) -> bool:
    """Train `config`'s encoder on the recordings in `data` into a bundle at `out`, resuming what an earlier call began.

    Returns whether it ran to the end (False: stopped by Ctrl-C, checkpoint kept). Raises CorpusError, CheckpointError
    or TrainingError.
    """
    training = config.training
    fabric = launch(accelerator, devices)
    run = run_folder(out)
    with fabric.rank_zero_first():
        sides = find_sides(data, config)
        sources = Sources(*open_stores(sides, run / "waveforms", config))

    torch.manual_seed(training.seed)
    model = Model(config)
    objective = SIMObjective(config, model.encoder)
    optimiser = torch.optim.Adam(objective.parameters(), lr=training.learning_rate)
    task = Task("encoder", objective, optimiser, _metrics, _summary)
    if not train(fabric, task, sources, config, training, run):
        return False
    if fabric.is_global_zero:
        provenance = bundle.Provenance(code_version=code_version(), seed=training.seed, corpora=sides.notes)
        bundle.save(out, model.cpu(), provenance)
    fabric.barrier()
    return True


def _metrics(loss: Tensor, parts: list[ModuleLoss], context: Tensor | None) -> Metrics:
    """Losses in nats, and the number of active dimensions, module by module."""
    metrics: Metrics = {"loss": loss.item(), "info_nce": [part.info_nce.item() for part in parts]}
    if all(part.kl is not None for part in parts):
        metrics["kl"] = [part.kl.item() for part in parts if part.kl is not None]
        per_dim = [part.kl_per_dim for part in parts if part.kl_per_dim is not None]
        metrics["active"] = [int((kl > ACTIVE_NATS).sum()) for kl in per_dim]
    if context is not None:
        metrics["context_info_nce"] = context.item()
    return metrics


def _summary(metrics: Metrics) -> str:
    def brief(name: str) -> str:
        return "/".join(f"{value:.3g}" for value in metrics[name])

    shown = [f"InfoNCE {brief('info_nce')}"]
    if "kl" in metrics:
        shown += [f"KL {brief('kl')}", f"active {brief('active')}"]
    return ", ".join(shown)
