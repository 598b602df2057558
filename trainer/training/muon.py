"""Muon for processors without bfloat16 arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Muon

from trainer.runtime.devices import has_bfloat16


class Float32Muon(Muon):
    """torch's Muon (Liu et al., arXiv 2502.16982) with the orthogonalisation in float32.

    torch computes it in bfloat16. Where the processor emulates that, it takes 18 times as long: a step of the `demo`
    decoder 1.4 s instead of 0.3 s (AMD EPYC, one thread). Only the learning rate of "match_rms_adamw" is implemented.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """As of Muon. Raises ValueError for another learning rate adjustment."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            if group["adjust_lr_fn"] != "match_rms_adamw":
                raise ValueError("Float32Muon needs adjust_lr_fn='match_rms_adamw'")
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._step(matrix, matrix.grad, group)
        return loss

    def _step(self, matrix: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[matrix]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum, rate = group["momentum"], group["lr"]
        buffer = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        update = gradient.lerp(buffer, momentum) if group["nesterov"] else buffer
        update = orthogonalise(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        matrix.mul_(1 - rate * group["weight_decay"])
        matrix.add_(update, alpha=-rate * 0.2 * math.sqrt(max(matrix.shape)))


def orthogonalise(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """About U V' of the singular value decomposition U S V' of `matrix` [n, m], by Newton-Schulz iterations.

    As in torch, singular values end up between about 0.7 and 1.2, not at 1.
    """
    a, b, c = coefficients
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x: Tensor = wide / wide.norm().clamp_min(eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def muon_for(device: torch.device) -> type[Muon]:
    """The faster of both on `device`; their steps differ by the rounding of bfloat16."""
    return Muon if has_bfloat16(device) else Float32Muon
