"""typicality.safetensors: reference frames of a corpus, with which the typicality of latents is measured."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from trainer.bundle.files import BundleError, checked_path
from trainer.bundle.weights import check_tensors, read_tensors, write_tensors

TYPICALITY = "typicality.safetensors"
REFERENCE_FRAMES = 1024
"""Maximum number of reference frames of a module: 128 KiB at 64 dimensions."""
NEAREST = 5
"""The distance of a frame is its mean distance to this many nearest reference frames."""
QUANTILES = 101
_DIGEST = "latents_digest"
_DIGEST_BYTES = 32
_LATENT_FILES = ("encoder.safetensors", "whitening.safetensors", "axes.safetensors")


@dataclass(frozen=True)
class TypicalityReference:
    """Frames of a corpus in one module, and the distances of its frames from them.

    `frames` [N, D]: posterior means divided by `scale` [D]. `quantiles` [QUANTILES]: quantiles 0, 1, ..., 100 % of the
    distances of corpus frames to the reference frames of other clips. float32.
    """

    frames: Tensor
    scale: Tensor
    quantiles: Tensor


def save_typicality(path: Path, references: Mapping[int, TypicalityReference]) -> None:
    """Write `references` by module to the bundle at `path`, frames as float16; none deletes the file.

    The file names the weights that the latents depend on. Raises BundleError.
    """
    if not references:
        (path / TYPICALITY).unlink(missing_ok=True)
        return
    tensors = {_DIGEST: _latents_digest(path)}
    for module, reference in references.items():
        tensors[f"module-{module}.frames"] = reference.frames.half()
        tensors[f"module-{module}.scale"] = reference.scale
        tensors[f"module-{module}.quantiles"] = reference.quantiles
    write_tensors(path / TYPICALITY, tensors)


def read_typicality(path: Path, dims: Sequence[int]) -> dict[int, TypicalityReference]:
    """References by module of the bundle at `path`, whose modules have `dims` dimensions.

    Empty without the file, or if it was made with another encoder or basis of the latents. Raises BundleError if names,
    shapes or values are invalid.
    """
    if not (path / TYPICALITY).exists() and not (path / TYPICALITY).is_symlink():
        return {}
    max_values = _DIGEST_BYTES + sum(REFERENCE_FRAMES * size + size + QUANTILES for size in dims)
    raw = read_tensors(path, TYPICALITY, max_values)
    modules = [module for module in range(1, len(dims) + 1) if f"module-{module}.frames" in raw]
    expected = {_DIGEST: torch.empty(_DIGEST_BYTES, dtype=torch.uint8)}
    for module in modules:
        size = dims[module - 1]
        count = min(max(len(raw[f"module-{module}.frames"].flatten()) // size, NEAREST), REFERENCE_FRAMES)
        expected[f"module-{module}.frames"] = torch.empty(count, size)
        expected[f"module-{module}.scale"] = torch.empty(size)
        expected[f"module-{module}.quantiles"] = torch.empty(QUANTILES)
    tensors = check_tensors(TYPICALITY, raw, expected)
    if not torch.equal(tensors[_DIGEST], _latents_digest(path)):
        return {}
    return {module: _reference(module, tensors) for module in modules}


def _reference(module: int, tensors: Mapping[str, Tensor]) -> TypicalityReference:
    prefix = f"module-{module}."
    frames, scale, quantiles = (tensors[prefix + name] for name in ("frames", "scale", "quantiles"))
    if (scale <= 0).any():
        raise BundleError(f"{TYPICALITY}: {prefix}scale must be positive")
    if (quantiles < 0).any() or (quantiles.diff() < 0).any():
        raise BundleError(f"{TYPICALITY}: {prefix}quantiles must not be negative or decrease")
    return TypicalityReference(frames, scale, quantiles)


def _latents_digest(path: Path) -> Tensor:
    """SHA-256 of the weights that the latents depend on [32]; decoders do not count."""
    total = hashlib.sha256()
    for name in _LATENT_FILES:
        if name == _LATENT_FILES[0] or (path / name).exists():
            try:
                with checked_path(path, name).open("rb") as stream:
                    total.update(name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
            except OSError as error:
                raise BundleError(f"{name}: cannot be read") from error
    return torch.tensor(list(total.digest()), dtype=torch.uint8)
