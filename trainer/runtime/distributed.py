"""Collectives of data-parallel training, with gradients. With one process each of them is the identity.

A batch is global: its samples are numbered over all processes, and each rank holds one slice of it, in rank order.
Random numbers are drawn for the whole batch on every rank, from generators with the same seed, so that sample i gets
the same noise with any number of processes.

DDP averages the gradients of the ranks' losses L_r, each a mean over the rank's slice. The backward pass of a
collective therefore sums gradients over ranks: every rank then holds its part of the gradient of sum_r L_r, and DDP's
average is the gradient of the global mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, distributed, nn

_Value = TypeVar("_Value")


def world_size() -> int:
    """Number of processes in the run."""
    return distributed.get_world_size() if _initialised() else 1


def rank() -> int:
    """Index of this process, from 0."""
    return distributed.get_rank() if _initialised() else 0


def _initialised() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def rank_slice(count: int) -> slice:
    """This rank's slice of a batch of `count`. Raises ValueError where `count` is no multiple of the world size."""
    if count % world_size():
        raise ValueError(f"a batch of {count} cannot be split evenly over {world_size()} processes")
    size = count // world_size()
    return slice(rank() * size, (rank() + 1) * size)


def randn(
    shape: Sequence[int], generator: Generator, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Standard normal noise of `shape`, whose first axis is this rank's slice of the batch.

    Drawn for the whole batch, so that the generators of all ranks stay in step, then sliced.
    """
    count = shape[0] * world_size()
    return torch.randn((count, *shape[1:]), generator=generator, device=device, dtype=dtype)[rank_slice(count)]


def rand(
    shape: Sequence[int], generator: Generator, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Uniform numbers in [0, 1), drawn and sliced like `randn`."""
    count = shape[0] * world_size()
    return torch.rand((count, *shape[1:]), generator=generator, device=device, dtype=dtype)[rank_slice(count)]


def all_gather(tensor: Tensor) -> Tensor:
    """(slice, ...) of every rank -> (batch, ...), with gradient to all ranks."""
    return _AllGather.apply(tensor) if world_size() > 1 else tensor


def mean(tensor: Tensor) -> Tensor:
    """Mean over ranks of a tensor of the same shape on each, with gradient."""
    return _AllReduceMean.apply(tensor) if world_size() > 1 else tensor


def norm(tensor: Tensor) -> Tensor:
    """Euclidean norm of the concatenation of all ranks' tensors, with gradient."""
    if world_size() > 1:
        return (world_size() * mean(tensor.square().sum())).sqrt()
    local: Tensor = torch.linalg.norm(tensor)
    return local


def all_gather_objects(value: _Value) -> list[_Value]:
    """The `value` of each rank, in rank order."""
    values = [value] * world_size()
    if world_size() > 1:
        distributed.all_gather_object(values, value)
    return values


class _AllGather(torch.autograd.Function):
    """all_gather with a backward pass (torch's own collective has none): the sum over ranks, sliced."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        slices = [torch.empty_like(tensor, memory_format=torch.contiguous_format) for _ in range(world_size())]
        distributed.all_gather(slices, tensor.contiguous())
        return torch.cat(slices)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        return total[rank_slice(len(total))]


class _AllReduceMean(torch.autograd.Function):
    """all_reduce to the mean, with a backward pass."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.contiguous().clone()
        distributed.all_reduce(total)
        return total / world_size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _AllReduceMean.forward(ctx, gradient)  # the mean weights every rank's tensor alike


class FrameBatchNorm(nn.BatchNorm1d):
    """Batch norm of (B, L, C) with the statistics of the global batch, on any device (SyncBatchNorm needs CUDA)."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) -> (B, L, C)."""
        if not self.training or world_size() == 1:
            # One axis for batch and frames: torch is six times slower on three axes with the channels last.
            return super().forward(x.flatten(0, 1)).view_as(x)
        values = x.to(torch.promote_types(x.dtype, torch.float32))  # the variance needs more than bfloat16's 8 bits
        centre = mean(values.mean((0, 1)))
        variance = mean((values - centre).square().mean((0, 1)))
        self._update_statistics(centre.detach(), variance.detach(), x.shape[0] * x.shape[1] * world_size())
        scale = (variance + self.eps).rsqrt()
        if not self.affine:
            return ((values - centre) * scale).to(x.dtype)
        return ((values - centre) * (self.weight * scale) + self.bias).to(x.dtype)

    @torch.no_grad()
    def _update_statistics(self, centre: Tensor, variance: Tensor, count: int) -> None:
        """Update the running statistics as torch does, with those of a batch of `count` values per channel."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        self.running_mean.lerp_(centre, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
