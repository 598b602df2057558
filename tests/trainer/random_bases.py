"""Random orthonormal bases of latent spaces."""

from __future__ import annotations

import torch


def random_basis(seed: int, dims: int = 8) -> torch.Tensor:
    """An orthonormal basis [dims, dims]."""
    return torch.linalg.qr(torch.randn(dims, dims, generator=torch.Generator().manual_seed(seed)))[0]
