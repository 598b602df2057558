"""Strided convolution over frames that lie in memory one after another, (B, frames, channels).

In that layout a convolution whose kernel is a whole number of strides is one matrix product: the input, cut into blocks
of one stride, meets every block of the kernel, and an output frame is the sum of neighbouring products. Nothing is
copied, and a processor's matrix units do all the work; torch's own convolution takes twice as long in bfloat16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FrameConv(nn.Module):
    """A 1-D convolution of (B, frames, inputs) to (B, frames out, outputs).

    `weight` is kept as [outputs, kernel, inputs], the order of a block in memory; files hold [outputs, inputs, kernel],
    as everywhere.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0, *, bias: bool = True
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        drawn = nn.Conv1d(inputs, outputs, kernel, bias=bias)  # for its initial values
        self.weight = nn.Parameter(drawn.weight.detach().transpose(1, 2).contiguous())
        self.bias = drawn.bias
        self.register_state_dict_post_hook(_to_file_order)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_from_file_order)  # type: ignore[no-untyped-call]

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, inputs) -> (B, frames out, outputs)."""
        outputs, kernel, inputs = self.weight.shape
        if self.padding:
            x = F.pad(x, (0, 0, self.padding, self.padding))
        if kernel % self.stride or inputs == 1:
            # Also where there is one input: so thin a product wastes more than gathering the windows costs.
            windows = x.unfold(1, kernel, self.stride).transpose(2, 3).flatten(2)
            return F.linear(windows, self.weight.flatten(1), self.bias)
        per_kernel, blocks = kernel // self.stride, x.shape[1] // self.stride
        x = x[:, : blocks * self.stride].reshape(len(x), blocks, self.stride * inputs)
        if per_kernel == 1:
            return F.linear(x, self.weight.flatten(1), self.bias)
        weight = self.weight.view(outputs, per_kernel, self.stride * inputs).transpose(0, 1).flatten(0, 1)
        bias = None if self.bias is None else F.pad(self.bias, (0, outputs * (per_kernel - 1)))
        products: Tensor = _SumOfShifted.apply(F.linear(x, weight, bias), per_kernel)
        return products

    def extra_repr(self) -> str:
        outputs, kernel, inputs = self.weight.shape
        return f"{inputs}, {outputs}, kernel={kernel}, stride={self.stride}, padding={self.padding}"


def _to_file_order(module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    state[f"{prefix}weight"] = state[f"{prefix}weight"].transpose(1, 2)


def _from_file_order(module: nn.Module, state: Mapping[str, Any], prefix: str, *_: Any) -> None:
    if isinstance(state, dict) and f"{prefix}weight" in state:
        state[f"{prefix}weight"] = state[f"{prefix}weight"].transpose(1, 2)


class _SumOfShifted(torch.autograd.Function):
    """(B, blocks, parts x channels) -> (B, blocks - parts + 1, channels): part i of block t + i, summed over i.

    By hand since slices would each make a zero-filled gradient of the whole.
    """

    @staticmethod
    def forward(ctx: Any, products: Tensor, parts: int) -> Tensor:
        ctx.parts = parts
        frames, channels = products.shape[1] - parts + 1, products.shape[2] // parts
        pieces = [products[:, i : i + frames, i * channels : (i + 1) * channels] for i in range(parts)]
        total = pieces[0] + pieces[1]
        for piece in pieces[2:]:
            total += piece
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        batch, frames, channels = gradient.shape
        whole = gradient.new_zeros(batch, frames + ctx.parts - 1, ctx.parts * channels)
        for i in range(ctx.parts):
            whole[:, i : i + frames, i * channels : (i + 1) * channels] = gradient
        return whole, None
