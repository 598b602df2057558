"""Whitening of each module's latent space, fitted after training.

The KL keeps latents near N(0, I), not on it: their covariance over a corpus differs from I. An affine map makes the
mean 0 and the covariance I exactly, so that a step of 1 is one standard deviation in every direction. What is not
Gaussian beyond the covariance stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from trainer.model.posterior import Posterior

_MAX_CONDITION = 1e4
"""Ratio of the largest to the smallest scale of a map; beyond it, float32 loses the decoded sound."""


class Whitening(nn.Module):
    """One matrix [D, D] and one offset [D] per module: whitened = matrix @ (latents - offset). Modules count from 1."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.matrices = nn.ParameterDict({str(module): torch.empty(size, size) for module, size in enumerate(dims, 1)})
        self.offsets = nn.ParameterDict({str(module): torch.empty(size) for module, size in enumerate(dims, 1)})

    @staticmethod
    def from_moments(moments: Mapping[int, tuple[Tensor, Tensor]]) -> Whitening:
        """The whitening of modules 1, 2, ... from the mean [D] and covariance [D, D] of each.

        The matrix is the symmetric inverse root of the covariance (ZCA), which of all whitenings changes the dimensions
        least (Kessy, Lewin and Strimmer, arXiv 1512.00809). Directions with almost no variance are scaled as if they
        had a 1e-6th of the largest.
        """
        whitening = Whitening([len(moments[module][0]) for module in sorted(moments)])
        state: dict[str, Tensor] = {}
        for module, (mean, covariance) in moments.items():
            variances, directions = torch.linalg.eigh(covariance.double())
            roots = variances.clamp_min(1e-6 * float(variances.max())).rsqrt()
            state[f"matrices.{module}"] = ((directions * roots) @ directions.T).float()
            state[f"offsets.{module}"] = mean.float()
        whitening.load_state_dict(state)
        return whitening.requires_grad_(False)

    def ill_conditioned(self) -> list[int]:
        """Modules whose matrix cannot be inverted accurately."""
        return [
            int(module) for module, matrix in self.matrices.items() if not torch.linalg.cond(matrix) < _MAX_CONDITION
        ]

    def matrix(self, module: int) -> Tensor:
        """The matrix [D, D] of `module`."""
        matrix: Tensor = self.matrices[str(module)]
        return matrix

    def whiten(self, module: int, posterior: Posterior, basis: Tensor | None = None) -> Posterior:
        """The whitened posterior (..., D, L), then in the rotated `basis` [D, D], one axis a row, if there is one.

        Covariances between axes are dropped, since posteriors are diagonal.
        """
        matrix = self.matrix(module) if basis is None else basis @ self.matrix(module)
        logvar = None if posterior.logvar is None else (matrix.square() @ posterior.logvar.exp()).log()
        return Posterior(matrix @ (posterior.mean - self.offsets[str(module)][:, None]), logvar)

    def unwhiten(self, module: int, latents: Tensor) -> Tensor:
        """Whitened latents (..., D, L) -> the encoder's own."""
        unwhitened: Tensor = torch.linalg.solve(self.matrix(module), latents) + self.offsets[str(module)][:, None]
        return unwhitened
