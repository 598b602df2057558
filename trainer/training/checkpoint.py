"""The state of a run in one safetensors file: weights, optimiser, step and the best weights yet, replaced whole or not
at all.

Randomness needs no saving: each step draws from a generator seeded with (seed, step), so a resumed run goes on as if
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
from trainer.runtime.atomic_write import replacing


class CheckpointError(ValueError):
    """A checkpoint that does not belong to this run; says what to do."""


@dataclass(frozen=True)
class Best:
    """The weights after the step whose validation loss is the lowest yet."""

    step: int
    loss: float
    weights: dict[str, Tensor]


def step_generator(seed: int, step: int, stream: str, device: torch.device | None = None) -> Generator:
    """The source of all randomness of one step of one `stream` ("train", "validate" ...)."""
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
    with replacing(path) as stream:
        stream.write(serialise(ready, metadata=header))


def resume(path: Path, network: nn.Module, optimiser: Optimizer, config: Config) -> tuple[int, Best | None]:
    """Bring `network` and `optimiser` to the state at `path`; the number of steps done, 0 where there is no checkpoint,
    and the best weights, None where none were kept.

    Raises CheckpointError when the checkpoint is damaged or was made with other settings; only those that end a run,
    `steps` and `patience`, may differ.
    """
    if not path.exists():
        return 0, None
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is damaged; remove it to start anew") from error
    if not _goes_on(header["config"], config):
        raise CheckpointError(
            f"{path.name} was made with other settings; choose another --out, or remove it to start anew"
        )
    network.load_state_dict(_under("network/", tensors))
    states: dict[int, dict[str, Any]] = {}
    for name, value in _under("optimiser/", tensors).items():
        index, key = name.split("/")
        states.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})
    if not _fits(optimiser):
        raise CheckpointError(f"{path.name} was made by another version of the trainer; remove it to start anew")
    best = None
    if "best_step" in header:
        best = Best(int(header["best_step"]), float(header["best_loss"]), _under("best/", tensors))
    return int(header["step"]), best


def all_finite(network: nn.Module, optimiser: Optimizer) -> bool:
    """Whether a checkpoint of these would be one to go back to."""
    tensors = [*network.state_dict().values(), *_optimiser_tensors(optimiser).values()]
    return all(bool(torch.isfinite(value).all()) for value in tensors)


def _fits(optimiser: Optimizer) -> bool:
    """Whether what the optimiser remembers of each parameter is of that parameter's shape."""
    return all(
        value.shape in ((), parameter.shape)
        for parameter, state in optimiser.state.items()
        for value in state.values()
        if isinstance(value, Tensor)
    )


def _optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    states = optimiser.state_dict()["state"]
    return {f"{index}/{name}": torch.as_tensor(value) for index in states for name, value in states[index].items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _goes_on(earlier: str, config: Config) -> bool:
    """Whether a run of `config` may go on from a checkpoint whose configuration, as JSON, is `earlier`."""
    try:
        made_with = Config.model_validate_json(earlier)  # which gives settings newer than the checkpoint their default
    except ValidationError:
        return False
    return _without_ends(made_with) == _without_ends(config)


def _without_ends(config: Config) -> dict[str, Any]:
    ends = {"steps", "patience"}
    return config.model_dump(exclude={"training": ends, "decoder_training": ends})
