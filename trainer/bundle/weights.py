"""Weights as safetensors, checked against the network they are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import nn

from trainer.bundle.documents import BundleError
from trainer.durable import replacing


def save_weights(path: Path, network: nn.Module, dtype: torch.dtype) -> None:
    tensors = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    with replacing(path) as stream:
        stream.write(serialise(tensors))


def load_weights(network: nn.Module, path: Path) -> None:
    try:
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise BundleError(f"{path.name}: the file is missing") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise BundleError(f"{path.name}: not a readable safetensors file") from error
    wanted = network.state_dict()
    _same_names(path.name, wanted, tensors)
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            raise BundleError(
                f"{path.name}: {name} has shape {list(value.shape)}, config.json asks for {list(wanted[name].shape)}"
            )
        if value.is_floating_point() != wanted[name].is_floating_point():
            raise BundleError(f"{path.name}: {name} has type {value.dtype}")
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise BundleError(f"{path.name}: {name} holds values that are not finite")
    network.load_state_dict(tensors)


def _same_names(file: str, wanted: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> None:
    for fault, names in (
        ("lacks", sorted(wanted.keys() - found.keys())),
        ("has the unknown", sorted(found.keys() - wanted.keys())),
    ):
        if names:
            raise BundleError(f"{file}: {fault} tensor {_first(names)}")


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
