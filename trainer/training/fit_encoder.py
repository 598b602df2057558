"""Train an encoder.

python -m trainer fit --preset demo --data recordings --out models/mine
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from trainer import bundle
from trainer.config import Config, SupervisedConfig
from trainer.corpus.crops import LabelledStore
from trainer.corpus.dataset_splits import Sides, find_sides, open_stores
from trainer.corpus.labels import CorpusError
from trainer.metrics.latents.usage import ACTIVE_NATS
from trainer.model import Model
from trainer.objectives import InfoMaxObjective, ModuleLoss, SupervisedObjective
from trainer.runtime.devices import launch
from trainer.training.loop import Sources, Task, train
from trainer.training.progress import Metrics
from trainer.training.run_folder import code_version, run_folder


def fit(
    config: Config,
    data: Sequence[Path],
    out: Path,
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
    waveforms: Path | None = None,
) -> bool:
    """Train `config`'s encoder on the recordings in `data` into a bundle at `out`, resuming what an earlier call began.
    Decoded recordings are kept in the folder `waveforms`, which several runs can share (None: one of its own).

    Returns whether it ran to the end (False: stopped by Ctrl-C, checkpoint kept). Raises CorpusError, CheckpointError
    or TrainingError.
    """
    training = config.training
    fabric = launch(accelerator, devices)
    run = run_folder(out)
    with fabric.rank_zero_first():
        sides = find_sides(data, config)
        sources = Sources(*open_stores(sides, waveforms or run / "waveforms", config, config.training))

    torch.manual_seed(training.seed)
    model = Model(config)
    if isinstance(config.objective, SupervisedConfig):
        sources, classes = _labelled(sources, sides, config.objective.label)
        task = _task(config, SupervisedObjective(config, model.encoder, classes), _supervised_metrics)
    else:
        task = _task(config, InfoMaxObjective(config, model.encoder), _infomax_metrics)
    if not train(fabric, task, sources, config, training, run):
        return False
    if fabric.is_global_zero:
        provenance = bundle.Provenance(code_version=code_version(), seed=training.seed, corpora=sides.notes)
        bundle.save(out, model.cpu(), provenance)
    fabric.barrier()
    return True


def _labelled(sources: Sources, sides: Sides, label: str) -> tuple[Sources, int]:
    """The sources with the class of each recording, and how many classes there are. Raises CorpusError where a
    recording lacks the label.
    """
    without = [recording.path.name for recording in (*sides.train, *sides.validation) if label not in recording.labels]
    if without:
        raise CorpusError(
            f"objective.label: {len(without)} recordings have no label {label!r}, {without[0]} among them; "
            "choose another label, or another corpus"
        )
    names = sorted({str(recording.labels[label]) for recording in (*sides.train, *sides.validation)})
    train, validation = (
        LabelledStore(store, [names.index(str(recording.labels[label])) for recording in side])
        for store, side in ((sources.train, sides.train), (sources.validation, sides.validation))
    )
    return Sources(train, validation), len(names)


def _task(config: Config, objective: nn.Module, metrics: Callable[..., Metrics]) -> Task:
    training = config.training
    rate, decay = training.learning_rate, training.weight_decay
    optimiser = torch.optim.AdamW(objective.parameters(), lr=rate, weight_decay=decay, fused=True)
    return Task("encoder", objective, optimiser, metrics, _summary)


def _supervised_metrics(loss: Tensor, accuracy: Tensor) -> Metrics:
    return {"loss": loss.item(), "accuracy": accuracy.item()}


def _infomax_metrics(loss: Tensor, parts: list[ModuleLoss], context: Tensor | None) -> Metrics:
    """Losses in nats, and the number of active dimensions, module by module."""
    metrics: Metrics = {"loss": loss.item()}
    if parts:
        metrics["info_nce"] = [part.info_nce.item() for part in parts]
        if all(part.pooled is not None for part in parts):
            metrics["pooled_info_nce"] = [part.pooled.item() for part in parts if part.pooled is not None]
        if all(part.kl is not None for part in parts):
            metrics["kl"] = [part.kl.item() for part in parts if part.kl is not None]
            per_dim = [part.kl_per_dim for part in parts if part.kl_per_dim is not None]
            metrics["active"] = [int((kl > ACTIVE_NATS).sum()) for kl in per_dim]
    if context is not None:
        metrics["context_info_nce"] = context.item()
    return metrics


_SHOWN = {
    "loss": "loss",
    "info_nce": "InfoNCE",
    "pooled_info_nce": "pooled",
    "kl": "KL",
    "active": "active",
    "context_info_nce": "context",
    "accuracy": "accuracy",
}


def _summary(metrics: Metrics) -> str:
    return ", ".join(f"{title} {_brief(metrics[name])}" for name, title in _SHOWN.items() if name in metrics)


def _brief(value: float | list[float]) -> str:
    return "/".join(f"{number:.3g}" for number in (value if isinstance(value, list) else [value]))
