"""A trained encoder in fewer steps: batch norm, once its statistics stand still, is part of the convolution before it.

For inference alone: a fused encoder has other weights than its files, and cannot be trained or saved as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainer.model.kernels.frame_conv import FrameConv
from trainer.runtime.distributed import FrameBatchNorm


def fold_batch_norm(network: nn.Module) -> None:
    """Fold every batch norm that follows a convolution in a sequence of `network` into it, in place."""
    for part in network.modules():
        if not isinstance(part, nn.Sequential):
            continue
        for index, (first, second) in enumerate(zip(part, list(part)[1:], strict=False)):
            if isinstance(first, FrameConv) and isinstance(second, FrameBatchNorm):
                _fold(first, second)
                part[index + 1] = nn.Identity()


@torch.no_grad()
def _fold(convolution: FrameConv, norm: FrameBatchNorm) -> None:
    """norm(convolution(x)) = scale * convolution(x) + shift, for each channel."""
    scale, shift = _affine(norm)
    outputs = convolution.outputs
    matrix = convolution.weight.view(-1, outputs, convolution.weight.shape[1])  # one part for each block of the kernel
    convolution.weight = nn.Parameter((matrix * scale[:, None]).view_as(convolution.weight), requires_grad=False)
    bias = shift if convolution.bias is None else shift + scale * convolution.bias
    convolution.bias = nn.Parameter(bias, requires_grad=False)


def _affine(norm: FrameBatchNorm) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - scale * norm.running_mean
