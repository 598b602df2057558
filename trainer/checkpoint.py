"""The state of a run in one safetensors file: weights, optimiser and step, replaced whole or not at all.

Randomness needs no saving: each step draws from a generator seeded with (seed, step), so a resumed run goes on as if
it had never stopped.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save as serialise
from torch import Generator, nn
from torch.optim import Optimizer

from trainer.config import Config


class CheckpointError(ValueError):
    """A checkpoint that does not belong to this run; says what to do."""


def step_generator(seed: int, step: int, stream: str, device: torch.device | None = None) -> Generator:
    """The source of all randomness of one step of one `stream` ("train", "validate" ...)."""
    key = hashlib.sha256(f"{seed}/{step}/{stream}".encode()).digest()
    return torch.Generator(device or "cpu").manual_seed(int.from_bytes(key[:7], "little"))


def save_checkpoint(path: Path, network: nn.Module, optimiser: Optimizer, step: int, config: Config) -> None:
    """Write the state after `step` steps."""
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{index}/{name}": torch.as_tensor(value) for name, value in state.items()}
    header = {"step": str(step), "config": config.model_dump_json()}
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(
        serialise({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, metadata=header)
    )
    partial.replace(path)


def resume(path: Path, network: nn.Module, optimiser: Optimizer, config: Config) -> int:
    """Bring `network` and `optimiser` to the state at `path`; the number of steps done, 0 where there is no checkpoint.

    Raises CheckpointError when the checkpoint was made with other settings; only the number of steps may differ.
    """
    if not path.exists():
        return 0
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    if _without_length(json.loads(header["config"])) != _without_length(config.model_dump(mode="json")):
        raise CheckpointError(
            f"{path.name} was made with other settings; choose another --out, or remove it to start anew"
        )
    network.load_state_dict(
        {name.removeprefix("network/"): value for name, value in tensors.items() if name.startswith("network/")}
    )
    states: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser/"):
            _, index, key = name.split("/")
            states.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})
    return int(header["step"])


def _without_length(config: dict[str, Any]) -> dict[str, Any]:
    loops = ("training", "decoder_training")
    return {
        name: {k: v for k, v in value.items() if k != "steps"} if name in loops else value
        for name, value in config.items()
    }
