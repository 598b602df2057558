"""The axes along which a module's latents are told: an orthonormal basis of each latent space, chosen after training.

N(0, I) looks alike from every side, and so do InfoNCE's bilinear scores: training has no reason to lay what people
name along one dimension. A turn of the space changes neither the distances in it nor what decoders hear, only
what one slider moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from trainer.model.posterior import Posterior

_ORTHONORMAL = 1e-4


class Axes(nn.Module):
    """A basis [dims, dims] of each module, an axis a row; modules count from 1."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.bases = nn.ParameterDict({str(module): torch.empty(size, size) for module, size in enumerate(dims, 1)})

    @staticmethod
    def of(bases: Mapping[int, Tensor]) -> Axes:
        """The axes of modules 1, 2 ... Raises ValueError where a basis is not orthonormal."""
        axes = Axes([len(bases[module]) for module in sorted(bases)])
        axes.load_state_dict({f"bases.{module}": basis for module, basis in bases.items()})
        if crooked := axes.crooked():
            raise ValueError(f"the axes of module {crooked[0]} are not at right angles, each of length 1")
        return axes.requires_grad_(False)

    def crooked(self) -> list[int]:
        """The modules whose basis is not orthonormal."""
        return [
            int(module)
            for module, basis in self.bases.items()
            if not torch.allclose(basis @ basis.T, torch.eye(len(basis)), atol=_ORTHONORMAL)
        ]

    def turn(self, module: int, posterior: Posterior) -> Posterior:
        """The posterior (..., dims, frames) as told along the axes: the mean turned, and the variance of each axis;
        what turned noise has in common between axes is left out, as posteriors are diagonal (SIM, arXiv 2408.12936,
        section 3).
        """
        basis = self.bases[str(module)]
        logvar = None if posterior.logvar is None else (basis.square() @ posterior.logvar.exp()).log()
        return Posterior(basis @ posterior.mean, logvar)

    def turn_back(self, module: int, latents: Tensor) -> Tensor:
        """Latents (..., dims, frames) told along the axes, as the module's decoder takes them."""
        turned: Tensor = self.bases[str(module)].T @ latents
        return turned
