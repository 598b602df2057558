"""From a posterior and a list of edits to the latents a decoder is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Generator, Tensor

from trainer.config import Frozen
from trainer.geometry import ModuleGeometry
from trainer.model.posterior import Posterior

MAX_VALUE = 10.0


class Edit(Frozen):
    """A change of one dimension over a span: `set` it to the value, `add` the value, or `scale` by it. Seconds; None
    is the clip's border.
    """

    dim: int = Field(ge=0)
    op: Literal["set", "add", "scale"]
    value: float = Field(ge=-MAX_VALUE, le=MAX_VALUE, allow_inf_nan=False)
    start: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    end: float | None = Field(default=None, gt=0, allow_inf_nan=False)


def apply_edits(latents: Tensor, edits: Iterable[Edit], geometry: ModuleGeometry) -> Tensor:
    """`edits` applied in order to a copy of `latents` [dims, frames]. Raises ValueError that names a dimension that
    is not there.
    """
    edited = latents.numpy().copy()  # half of the time that torch takes over each row
    dims, frames = edited.shape
    with np.errstate(over="ignore", invalid="ignore"):  # as torch does: what is out of range is infinite, and stays so
        for edit in edits:
            if edit.dim >= dims:
                raise ValueError(f"dim must be 0 to {dims - 1}, not {edit.dim}")
            span = geometry.frame_span(edit.start, edit.end, frames)
            if edit.op == "set":
                edited[edit.dim, span] = edit.value
            elif edit.op == "add":
                edited[edit.dim, span] += edit.value
            else:
                edited[edit.dim, span] *= edit.value
    return torch.from_numpy(edited)


def base_latents(posterior: Posterior, base: Literal["mean", "sample"], seed: int = 0) -> Tensor:
    """[dims, frames]: the posterior's mean, or the draw from it that `seed` stands for."""
    if base == "mean":
        return posterior.mean
    return posterior.sample(_generator(seed))


def prior_latents(dims: int, frames: int, seed: int = 0) -> Tensor:
    """[dims, frames] drawn from N(0, I)."""
    return torch.randn((dims, frames), generator=_generator(seed))


def zero_latents(dims: int, frames: int) -> Tensor:
    """[dims, frames] of zeros, the prior's mean."""
    return torch.zeros((dims, frames))


def contributions(first: Tensor, second: Tensor) -> Tensor:
    """Of each dimension [dims], its share of the squared distance between two clips, which is that between their means
    over time (Denoodt et al., arXiv 2408.12936). `first` and `second`: [dims, frames], as many frames as each has. All
    zero where the clips have the same means.
    """
    squares = (first.mean(1) - second.mean(1)).square()
    return squares / squares.sum().clamp_min(torch.finfo(squares.dtype).tiny)


def toward(first: Tensor, second: Tensor, share: float, top_k: int | None = None) -> Tensor:
    """`first` [dims, frames] moved straight toward `second` [dims, other frames]: all of the way at `share` 1, and in
    the `top_k` dimensions that contribute most to their distance, or in all of them.

    `second` is first brought to the frames of `first`, so that beginning meets beginning and end meets end.
    """
    dims = contributions(first, second).argsort(descending=True, stable=True)[:top_k]
    moved = first.clone()
    moved[dims] = torch.lerp(first[dims], in_frames(second, first.shape[1])[dims], share)
    return moved


def in_frames(latents: Tensor, frames: int) -> Tensor:
    """`latents` [dims, other frames] over the same course in `frames` frames, linear between neighbours.

    Where latents say what is heard and not where a period begins, this changes the pace and leaves the pitch.
    """
    if latents.shape[1] == frames:
        return latents
    return torch.nn.functional.interpolate(latents[None], size=frames, mode="linear", align_corners=False)[0]


def _generator(seed: int) -> Generator:
    return torch.Generator().manual_seed(seed)
