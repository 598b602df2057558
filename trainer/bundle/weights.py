"""Weights as safetensors, checked against the network they are for before it takes any memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as deserialise
from safetensors.torch import save as serialise
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from trainer.bundle.documents import BundleError, read_file
from trainer.runtime.atomic_write import replacing

_HEADER_BYTES = 1 << 20
_LARGEST_VALUE = 8  # bytes

Network = TypeVar("Network", bound=nn.Module)


def save_weights(path: Path, network: nn.Module, dtype: torch.dtype) -> None:
    tensors = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    with replacing(path) as stream:
        stream.write(serialise(tensors))


def load_network(make: Callable[[], Network], folder: Path, name: str) -> Network:
    """What `make` makes, with the weights of the file `name` in `folder`. Raises BundleError naming file and fault.

    `make` is first called for an outline that holds no values: config.json may ask for any size, and what it asks for
    is made only if the file has it.
    """
    with Outline():
        wanted = make().state_dict()
    tensors = _read(folder, name, wanted)
    network = make()
    network.load_state_dict(tensors)
    return network


class Outline(TorchFunctionMode):
    """Within it, networks are made whose parameters have shapes and no values, and take no memory.

    What `torch.device("meta")` does and more: it leaves alone what is not a parameter, and begins no parameter, since
    to do that without values torch imports its compiler, which takes seconds and wants a disk.
    """

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if func is torch.empty:
            kwargs["device"] = "meta"
        elif name.endswith("_") and not name.endswith("__"):
            changed = args[0] if args else kwargs["tensor"]
            if changed.is_meta:
                return changed
        return func(*args, **kwargs)


def _read(folder: Path, name: str, wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors `wanted`, in their types, from a file that holds them and nothing else."""
    most = _HEADER_BYTES + _LARGEST_VALUE * sum(value.numel() for value in wanted.values())
    # Not mapped into memory: a file cut short while it is read would take the process with it.
    raw = read_file(folder, name, most)
    try:
        tensors = deserialise(raw)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError) as error:
        raise BundleError(f"{name}: not a readable safetensors file") from error
    _same_names(name, wanted, tensors)
    return {key: _checked(name, key, value, wanted[key]) for key, value in tensors.items()}


def _checked(file: str, name: str, value: Tensor, wanted: Tensor) -> Tensor:
    if value.shape != wanted.shape:
        raise BundleError(f"{file}: {name} has shape {list(value.shape)}, config.json asks for {list(wanted.shape)}")
    if value.is_floating_point() != wanted.is_floating_point() or value.is_complex():
        raise BundleError(f"{file}: {name} has type {value.dtype}")
    value = value.to(wanted.dtype)  # before it is looked at: a double may be too large for a float
    if value.is_floating_point() and not torch.isfinite(value).all():
        raise BundleError(f"{file}: {name} holds values that are not finite")
    return value


def _same_names(file: str, wanted: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    for fault, names in (
        ("lacks", sorted(wanted.keys() - found.keys())),
        ("has the unknown", sorted(found.keys() - wanted.keys())),
    ):
        if names:
            raise BundleError(f"{file}: {fault} tensor {_first(names)}")


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
