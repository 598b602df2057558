"""Orthonormal rotation of each module's latent space, chosen after training.

The prior N(0, I) and InfoNCE's bilinear scores are invariant to rotation, so training does not align dimensions with
named factors. A rotation preserves distances and the decoded sound, and changes only the direction of each slider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from trainer.model.posterior import Posterior

_TOLERANCE = 1e-4


class Rotation(nn.Module):
    """One orthonormal basis [D, D] per module, one axis a row. Modules count from 1."""

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.bases = nn.ParameterDict({str(module): torch.empty(size, size) for module, size in enumerate(dims, 1)})

    @staticmethod
    def from_bases(bases: Mapping[int, Tensor]) -> Rotation:
        """The rotation with the basis [D, D] of modules 1, 2, ... Raises ValueError if a basis is not orthonormal."""
        rotation = Rotation([len(bases[module]) for module in sorted(bases)])
        rotation.load_state_dict({f"bases.{module}": basis for module, basis in bases.items()})
        if modules := rotation.non_orthonormal():
            raise ValueError(f"the basis of module {modules[0]} is not orthonormal")
        return rotation.requires_grad_(False)

    def non_orthonormal(self) -> list[int]:
        """Modules whose basis is not orthonormal."""
        return [
            int(module)
            for module, basis in self.bases.items()
            if not torch.allclose(basis @ basis.T, torch.eye(len(basis)), atol=_TOLERANCE)
        ]

    def rotate(self, module: int, posterior: Posterior) -> Posterior:
        """The posterior (..., D, L) in the rotated basis: rotated mean, and the variance along each axis.

        Covariances between axes are dropped, since posteriors are diagonal (SIM, arXiv 2408.12936, section 3).
        """
        basis = self.bases[str(module)]
        logvar = None if posterior.logvar is None else (basis.square() @ posterior.logvar.exp()).log()
        return Posterior(basis @ posterior.mean, logvar)

    def derotate(self, module: int, latents: Tensor) -> Tensor:
        """Rotated latents (..., D, L) -> the encoder's own basis, which the decoder takes."""
        derotated: Tensor = self.bases[str(module)].T @ latents
        return derotated
