"""Posterior of the dim-noise objective: batch-normalised mean, constant noise variance, no KL term (Butakov et al.,
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
"""Length of an interval over which a uniform variable has variance 1."""


class DimNoiseHead(nn.Module):
    """(B, L, D) -> posterior (B, D, L): mean normalised over batch and frames (batch norm without affine weights),
    variance equal to the noise's.

    With a uniform target the normalised mean passes through the normal CDF to [0, 1], and is shifted and scaled to mean
    0 and variance 1; the noise U(-e, e) is scaled with it, to variance 12 e^2 / 3.
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
