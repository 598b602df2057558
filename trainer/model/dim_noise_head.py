"""Codes normalised component by component, with noise of a given size: a posterior with no KL to pay (Butakov et al.,
arXiv 2410.06993, section 4).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from trainer.config import DimNoiseConfig
from trainer.model.posterior import Posterior
from trainer.runtime.distributed import FrameBatchNorm

UNIT = math.sqrt(12.0)
"""The length of an interval over which a uniform variable has variance 1."""


class DimNoiseHead(nn.Module):
    """(B, frames, dims) -> a posterior whose mean is normalised over batch and frames, by batch norm without weights of
    its own, and whose variance is the noise's.

    A uniform target takes the normal distribution function of that for a code in [0, 1], stretched about 0 so that a
    uniform one has variance 1, and the noise with it: U(-e, e) has variance e^2 / 3 there.
    """

    def __init__(self, dims: int, config: DimNoiseConfig) -> None:
        super().__init__()
        self.norm = FrameBatchNorm(dims, affine=False)
        self.uniform = config.target == "uniform"
        self.logvar = math.log(UNIT**2 * config.noise**2 / 3 if self.uniform else config.noise)

    def forward(self, x: Tensor) -> Posterior:
        code = self.norm(x.float())
        if self.uniform:
            code = UNIT * (torch.special.ndtr(code) - 0.5)
        return Posterior(code.mT, torch.full_like(code, self.logvar).mT)
