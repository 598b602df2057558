"""Strided convolution over frames that lie in memory one after another, (B, frames, channels).

In that layout a convolution whose kernel is a whole number of strides is one matrix product: the input, cut into blocks
of one stride, meets every block of the kernel, and an output frame is the sum of neighbouring products. Nothing is
copied, and a processor's matrix units do all the work; torch's own convolution takes twice as long in bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FrameConv(nn.Module):
    """A 1-D convolution of (B, frames, inputs) to (B, frames out, outputs).

    `weight` is kept as the matrix that the product needs; files hold [outputs, inputs, kernel], as everywhere.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.kernel, self.stride, self.padding = inputs, outputs, kernel, stride, padding
        self.dilation = dilation
        # With one input so thin a product would waste more than gathering the windows costs.
        self.blocks = kernel // stride if kernel % stride == 0 and inputs > 1 and dilation == 1 else None
        drawn = nn.Conv1d(inputs, outputs, kernel, bias=bias)  # for its initial values
        self.weight = nn.Parameter(self.as_matrix(drawn.weight.detach()))
        self.bias = drawn.bias
        self.register_state_dict_post_hook(_to_file)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_from_file)  # type: ignore[no-untyped-call]

    def init_he(self) -> None:
        """Draw the weights from N(0, 2 / (kernel x inputs)), biases zero (He et al., arXiv 1502.01852, eq. 10)."""
        nn.init.normal_(self.weight, std=math.sqrt(2 / (self.kernel * self.inputs)))
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, inputs) -> (B, frames out, outputs)."""
        if self.padding:
            silence = x.new_zeros(x.shape[0], self.padding, x.shape[2])
            x = torch.cat((silence, x, silence), 1)  # half the time of F.pad, which writes all of it twice
        if self.blocks is None:
            return F.linear(self._windows(x), self.weight, self.bias)
        count = x.shape[1] // self.stride
        x = x[:, : count * self.stride].reshape(len(x), count, self.stride * self.inputs)
        if self.blocks == 1:
            return F.linear(x, self.weight, self.bias)
        bias = None if self.bias is None else F.pad(self.bias, (0, self.outputs * (self.blocks - 1)))
        total: Tensor = _SumOfShifted.apply(F.linear(x, self.weight, bias), self.blocks)
        return total

    def _windows(self, x: Tensor) -> Tensor:
        """(B, frames, inputs) -> what each output frame sees (B, frames out, kernel x inputs)."""
        extent = self.dilation * (self.kernel - 1) + 1
        return x.unfold(1, extent, self.stride)[..., :: self.dilation].transpose(2, 3).flatten(2)

    def as_matrix(self, weight: Tensor) -> Tensor:
        """[outputs, inputs, kernel] -> [outputs, kernel x inputs], or [blocks x outputs, stride x inputs]."""
        frames_first = weight.transpose(1, 2).flatten(1)
        if self.blocks is None:
            return frames_first
        return frames_first.view(self.outputs, self.blocks, -1).transpose(0, 1).flatten(0, 1)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        """The inverse of `as_matrix`."""
        if self.blocks is not None:
            matrix = matrix.view(self.blocks, self.outputs, -1).transpose(0, 1)
        return matrix.reshape(self.outputs, self.kernel, self.inputs).transpose(1, 2)

    def extra_repr(self) -> str:
        time = f"kernel={self.kernel}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}"
        return f"{self.inputs}, {self.outputs}, {time}"


def _to_file(convolution: FrameConv, state: dict[str, Any], prefix: str, _: Any) -> None:
    state[f"{prefix}weight"] = convolution.from_matrix(state[f"{prefix}weight"])


def _from_file(convolution: FrameConv, state: dict[str, Any], prefix: str, *_: Any) -> None:
    if f"{prefix}weight" in state:
        state[f"{prefix}weight"] = convolution.as_matrix(state[f"{prefix}weight"])


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
        whole = gradient.new_empty(batch, frames + ctx.parts - 1, ctx.parts * channels)
        for i in range(ctx.parts):
            part = whole[:, :, i * channels : (i + 1) * channels]
            part[:, :i], part[:, i : i + frames], part[:, i + frames :] = 0, gradient, 0
        return whole, None
