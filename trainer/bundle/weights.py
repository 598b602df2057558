"""Weights as safetensors, checked against the network's shapes before any of it is allocated."""

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

from trainer.bundle.files import BundleError, read_file
from trainer.runtime.atomic_write import atomic_write

_HEADER_BYTES = 1 << 20
_MAX_VALUE_BYTES = 8

Network = TypeVar("Network", bound=nn.Module)


def save_weights(path: Path, network: nn.Module, dtype: torch.dtype) -> None:
    """Write the state dict of `network` to `path`, atomically, with floating-point tensors as `dtype`."""
    tensors = {
        name: (value.to(dtype) if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    write_tensors(path, tensors)


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write `tensors` to `path`, atomically."""
    with atomic_write(path) as stream:
        stream.write(serialise({name: value.contiguous() for name, value in tensors.items()}))


def load_network(make: Callable[[], Network], folder: Path, name: str) -> Network:
    """The network returned by `make`, with the weights of the file `name` in `folder`.

    `make` is first called within `ShapesOnly`: config.json may ask for any size, and memory is allocated only if the
    file has tensors of these shapes. Raises BundleError naming the file and the error.
    """
    with ShapesOnly():
        expected = make().state_dict()
    tensors = _read(folder, name, expected)
    network = make()
    network.load_state_dict(tensors)
    return network


class ShapesOnly(TorchFunctionMode):
    """Context in which new parameters are on the meta device: they have shapes but no values and no memory.

    Unlike `torch.device("meta")` it leaves other tensors alone and skips initialisation, for which torch would import
    its compiler (seconds, and disk access).
    """

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if func is torch.empty:
            kwargs["device"] = "meta"
        elif name.endswith("_") and not name.endswith("__"):
            modified = args[0] if args else kwargs["tensor"]
            if modified.is_meta:
                return modified
        return func(*args, **kwargs)


def _read(folder: Path, name: str, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file that has exactly the names and shapes `expected`, converted to the expected types."""
    return check_tensors(name, read_tensors(folder, name, sum(value.numel() for value in expected.values())), expected)


def read_tensors(folder: Path, name: str, max_values: int) -> dict[str, Tensor]:
    """The tensors of the file `name` in `folder`, unchecked. Raises BundleError, also above `max_values` in size."""
    # Not memory-mapped: truncating a mapped file kills the process.
    raw = read_file(folder, name, _HEADER_BYTES + _MAX_VALUE_BYTES * max_values)
    try:
        return deserialise(raw)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError) as error:
        raise BundleError(f"{name}: not a readable safetensors file; copy the file again") from error


def check_tensors(name: str, tensors: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` of the file `name`, converted to the types of `expected`.

    Raises BundleError unless they have the names and shapes of `expected` and are finite.
    """
    _check_names(name, expected, tensors)
    return {key: _checked(name, key, value, expected[key]) for key, value in tensors.items()}


def _checked(file: str, name: str, value: Tensor, expected: Tensor) -> Tensor:
    if value.shape != expected.shape:
        raise BundleError(f"{file}: {name} has shape {list(value.shape)}, config.json needs {list(expected.shape)}")
    if value.is_floating_point() != expected.is_floating_point() or value.is_complex():
        raise BundleError(f"{file}: {name} has type {value.dtype}, config.json needs {expected.dtype}")
    value = value.to(expected.dtype)  # before the check: a double may overflow to an infinite float
    if value.is_floating_point() and not torch.isfinite(value).all():
        raise BundleError(f"{file}: {name} has values that are not finite")
    return value


def _check_names(file: str, expected: dict[str, Tensor], found: dict[str, Tensor]) -> None:
    for error, names in (
        ("lacks", sorted(expected.keys() - found.keys())),
        ("has the unknown", sorted(found.keys() - expected.keys())),
    ):
        if names:
            raise BundleError(f"{file}: {error} tensor {_first(names)}")


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
