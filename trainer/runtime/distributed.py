"""What several processes of one training run must know of one another; in one process all of it is the identity.

A batch is global: its samples are numbered over all processes, each of which holds a share, in the order of the ranks.
What is drawn at random is drawn for the whole batch on every rank, from generators with the same seed, so that sample
i meets the same noise however many processes there are.

DDP averages the gradients of the ranks' losses L_r, each the mean over a share. What flows from one rank to another
therefore sums gradients on its way back: every rank then holds its part of the gradient of sum_r L_r, and the average
is the gradient of the global mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, distributed, nn

_Value = TypeVar("_Value")


def world_size() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if _several() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return distributed.get_rank() if _several() else 0


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def share(count: int) -> slice:
    """This rank's part of a batch of `count`. Raises ValueError where the ranks' parts would not be of one size."""
    if count % world_size():
        raise ValueError(f"a batch of {count} cannot be shared evenly by {world_size()} processes")
    own = count // world_size()
    return slice(rank() * own, (rank() + 1) * own)


def randn(
    shape: Sequence[int], generator: Generator, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Normal noise of `shape`, whose first axis is this rank's share of the batch: drawn for the whole batch, so that
    the generators of all ranks stay in step, and cut to the share.
    """
    count = shape[0] * world_size()
    return torch.randn((count, *shape[1:]), generator=generator, device=device, dtype=dtype)[share(count)]


def rand(
    shape: Sequence[int], generator: Generator, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Numbers between 0 and 1, drawn and cut like `randn`."""
    count = shape[0] * world_size()
    return torch.rand((count, *shape[1:]), generator=generator, device=device, dtype=dtype)[share(count)]


def gather(tensor: Tensor) -> Tensor:
    """(share, ...) of every rank -> (batch, ...), with gradient to all of them."""
    return _Gather.apply(tensor) if world_size() > 1 else tensor


def mean(tensor: Tensor) -> Tensor:
    """The mean over ranks of a tensor of one shape on all, with gradient."""
    return _Mean.apply(tensor) if world_size() > 1 else tensor


def norm(tensor: Tensor) -> Tensor:
    """The Euclidean norm of all that the ranks hold, with gradient."""
    if world_size() > 1:
        return (world_size() * mean(tensor.square().sum())).sqrt()
    own: Tensor = torch.linalg.norm(tensor)
    return own


def everyone(value: _Value) -> list[_Value]:
    """The `value` of each rank, in their order."""
    values = [value] * world_size()
    if world_size() > 1:
        distributed.all_gather_object(values, value)
    return values


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        parts = [torch.empty_like(tensor, memory_format=torch.contiguous_format) for _ in range(world_size())]
        distributed.all_gather(parts, tensor.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        return total[share(len(total))]


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.contiguous().clone()
        distributed.all_reduce(total)
        return total / world_size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _Mean.forward(ctx, gradient)  # each rank's mean holds every rank's tensor, in the same proportion


class FrameNorm(nn.BatchNorm1d):
    """Batch norm with the statistics of the global batch, on any device (torch's SyncBatchNorm wants CUDA)."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, channels) -> the same."""
        if not self.training or world_size() == 1:
            # As one axis: torch is six times slower where the channels come last of three.
            return super().forward(x.flatten(0, 1)).view_as(x)
        values = x.to(torch.promote_types(x.dtype, torch.float32))  # bfloat16 would lose the variance
        centre = mean(values.mean((0, 1)))
        variance = mean((values - centre).square().mean((0, 1)))
        self._follow(centre.detach(), variance.detach(), x.shape[0] * x.shape[1] * world_size())
        scale = (variance + self.eps).rsqrt()
        if not self.affine:
            return ((values - centre) * scale).to(x.dtype)
        return ((values - centre) * (self.weight * scale) + self.bias).to(x.dtype)

    @torch.no_grad()
    def _follow(self, centre: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of this batch of `count` values a channel, as torch does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        self.running_mean.lerp_(centre, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
