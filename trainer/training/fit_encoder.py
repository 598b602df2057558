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
from trainer.corpus import CorpusError
from trainer.corpus.crops import LabelledStore
from trainer.corpus.dataset_splits import DatasetSplits, find_splits, open_stores
from trainer.metrics.latents.usage import ACTIVE_NATS
from trainer.model import Model
from trainer.objectives import InfoMaxObjective, ModuleLoss, SupervisedObjective
from trainer.runtime.devices import launch
from trainer.runtime.distribution import code_version
from trainer.training.loop import train
from trainer.training.progress import Metrics
from trainer.training.run_folder import run_folder
from trainer.training.task import DataStores, Task


def fit(
    config: Config,
    data: Sequence[Path],
    out: Path,
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
    waveforms: Path | None = None,
) -> bool:
    """Train the encoder of `config` on the recordings in the folders `data` into a bundle at `out`, resuming an earlier
    run. Decoded recordings are kept in the folder `waveforms`, which several runs can share (None: in the run folder).

    Returns whether training ended (False: interrupted, checkpoint kept). Raises CorpusError, CheckpointError or
    TrainingError.
    """
    training = config.training
    fabric = launch(accelerator, devices)
    run = run_folder(out)
    with fabric.rank_zero_first():
        splits = find_splits(data, config)
        stores = DataStores(*open_stores(splits, waveforms or run / "waveforms", config, config.training))

    torch.manual_seed(training.seed)
    model = Model(config)
    if isinstance(config.objective, SupervisedConfig):
        stores, classes = _labelled(stores, splits, config.objective.label)
        task = _task(config, SupervisedObjective(config, model.encoder, classes), _supervised_metrics)
    else:
        task = _task(config, InfoMaxObjective(config, model.encoder), _infomax_metrics)
    if not train(fabric, task, stores, config, training, run):
        return False
    if fabric.is_global_zero:
        provenance = bundle.Provenance(code_version=code_version(), seed=training.seed, corpora=splits.notes)
        bundle.save(out, model.cpu(), provenance)
    fabric.barrier()
    return True


def _labelled(stores: DataStores, splits: DatasetSplits, label: str) -> tuple[DataStores, int]:
    """Stores that also give the class of each recording, and the number of classes.

    Raises CorpusError where a recording has no such label.
    """
    recordings = (*splits.train, *splits.validation)
    unlabelled = [recording.path.name for recording in recordings if label not in recording.labels]
    if unlabelled:
        raise CorpusError(
            f"objective.label: {len(unlabelled)} recordings have no label {label!r}, such as {unlabelled[0]}; "
            "choose another label, or another corpus"
        )
    names = sorted({str(recording.labels[label]) for recording in recordings})
    train, validation = (
        LabelledStore(store, [names.index(str(recording.labels[label])) for recording in split])
        for store, split in ((stores.train, splits.train), (stores.validation, splits.validation))
    )
    return DataStores(train, validation), len(names)


def _task(config: Config, objective: nn.Module, metrics: Callable[..., Metrics]) -> Task:
    training = config.training
    rate, decay = training.learning_rate, training.weight_decay
    optimiser = torch.optim.AdamW(objective.parameters(), lr=rate, weight_decay=decay, fused=True)
    return Task("encoder", objective, optimiser, metrics, _summary)


def _supervised_metrics(loss: Tensor, accuracy: Tensor) -> Metrics:
    return {"loss": loss.item(), "accuracy": accuracy.item()}


def _infomax_metrics(loss: Tensor, parts: list[ModuleLoss], context: Tensor | None) -> Metrics:
    """Losses in nats and numbers of active dimensions, the latter and most losses per module."""
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


_TITLES = {
    "loss": "loss",
    "info_nce": "InfoNCE",
    "pooled_info_nce": "pooled",
    "kl": "KL",
    "active": "active",
    "context_info_nce": "context",
    "accuracy": "accuracy",
}


def _summary(metrics: Metrics) -> str:
    return ", ".join(f"{title} {_short(metrics[name])}" for name, title in _TITLES.items() if name in metrics)


def _short(value: float | list[float]) -> str:
    return "/".join(f"{number:.3g}" for number in (value if isinstance(value, list) else [value]))
