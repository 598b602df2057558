"""Checkpoints: weights, optimiser state, step and best weights so far, in one safetensors file, written atomically.

Random states are not saved: each step draws from a generator seeded with (seed, step), so a resumed run continues as if
it had never stopped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from trainer.config import Config
from trainer.runtime.atomic_write import atomic_write
from trainer.training.errors import CheckpointError


@dataclass(frozen=True)
class Best:
    """The weights with the lowest validation loss so far, after step `step`."""

    step: int
    loss: float
    weights: dict[str, Tensor]


def step_generator(seed: int, step: int, stream: str, device: torch.device | None = None) -> Generator:
    """Generator of the random numbers of one step and `stream` (such as "encoder/noise")."""
    key = hashlib.sha256(f"{seed}/{step}/{stream}".encode()).digest()
    return torch.Generator(device or "cpu").manual_seed(int.from_bytes(key[:7], "little"))


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: Optimizer, step: int, config: Config, best: Best | None = None
) -> None:
    """Write the state after `step` steps."""
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"optimiser/{name}": value for name, value in _optimiser_tensors(optimiser).items()}
    header = {"step": str(step), "config": config.model_dump_json()}
    if best is not None:
        tensors |= {f"best/{name}": value for name, value in best.weights.items()}
        header |= {"best_step": str(best.step), "best_loss": repr(best.loss)}
    ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with atomic_write(path) as stream:
        stream.write(serialise(ready, metadata=header))


def resume(path: Path, network: nn.Module, optimiser: Optimizer, config: Config) -> tuple[int, Best | None]:
    """Load the checkpoint at `path` into `network` and `optimiser`; returns its step (0 without a checkpoint) and the
    best weights so far, if it has any.

    Raises CheckpointError where the checkpoint is damaged or was made with other settings. Only `steps` and `patience`,
    which decide when a run ends, may differ.
    """
    if not path.exists():
        return 0, None
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is damaged; remove it to start again") from error
    if not _can_resume(header["config"], config):
        raise CheckpointError(
            f"{path.name} was made with other settings; choose another --out, or remove it to start again"
        )
    network.load_state_dict(_with_prefix("network/", tensors))
    _load_optimiser(optimiser, _with_prefix("optimiser/", tensors))
    if not _shapes_match(optimiser):
        raise CheckpointError(f"{path.name} was made by another version of the trainer; remove it to start again")
    best = None
    if "best_step" in header:
        best = Best(int(header["best_step"]), float(header["best_loss"]), _with_prefix("best/", tensors))
    return int(header["step"]), best


def all_finite(network: nn.Module, optimiser: Optimizer) -> bool:
    """Whether all weights and all optimiser state are finite."""
    tensors = [*network.state_dict().values(), *_optimiser_tensors(optimiser).values()]
    return all(bool(torch.isfinite(value).all()) for value in tensors)


def _load_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Load the state of each parameter, from tensors named "parameter index/state name"."""
    states: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, key = name.split("/")
        states.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})


def _shapes_match(optimiser: Optimizer) -> bool:
    """Whether the state of each parameter is a scalar or has the shape of the parameter."""
    return all(
        value.shape in ((), parameter.shape)
        for parameter, state in optimiser.state.items()
        for value in state.values()
        if isinstance(value, Tensor)
    )


def _optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    states = optimiser.state_dict()["state"]
    return {f"{index}/{name}": torch.as_tensor(value) for index in states for name, value in states[index].items()}


def _with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _can_resume(saved: str, config: Config) -> bool:
    """Whether a checkpoint with the configuration `saved` (JSON) belongs to a run of `config`."""
    try:
        earlier = Config.model_validate_json(saved)  # settings that are newer than the checkpoint get their defaults
    except ValidationError:
        return False
    return _without_limits(earlier) == _without_limits(config)


def _without_limits(config: Config) -> dict[str, Any]:
    """All settings but those that decide when a run ends."""
    limits = {"steps", "patience"}
    return config.model_dump(exclude={"training": limits, "decoder_training": limits})
