"""Muon in float32, compared with torch's in bfloat16."""

import pytest
import torch
from torch.optim import Muon

from trainer.training.muon import Float32Muon, orthogonalise

SETTINGS = {"lr": 0.02, "weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}


def gradients(shape: tuple[int, int], steps: int = 4) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator) for _ in range(steps)]


def trained(optimiser: type[Muon], shape: tuple[int, int], **settings: object) -> torch.Tensor:
    matrix = torch.nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    made = optimiser([matrix], **{**SETTINGS, **settings})
    for gradient in gradients(shape):
        matrix.grad = gradient.clone()
        made.step()
    return matrix.detach()


@pytest.mark.parametrize("shape", [(6, 6), (5, 12), (12, 5)])
@pytest.mark.parametrize("nesterov", [True, False])
def test_steps_equal_those_of_torch_within_the_rounding_of_bfloat16(shape: tuple[int, int], nesterov: bool) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    expected, found = (trained(one, shape, nesterov=nesterov) for one in (Muon, Float32Muon))
    moved = (expected - start).norm()
    assert (found - expected).norm() < 0.03 * moved


@pytest.mark.parametrize("shape", [(6, 6), (5, 12), (12, 5)])
def test_singular_values_are_near_one(shape: tuple[int, int]) -> None:
    [gradient, *_] = gradients(shape)
    found = torch.linalg.svdvals(orthogonalise(100 * gradient, (3.4445, -4.7750, 2.0315), 5, 1e-7))
    assert found.min() > 0.3
    assert found.max() < 1.3


def test_another_rate_adjustment_is_refused() -> None:
    with pytest.raises(ValueError, match="match_rms_adamw"):
        trained(Float32Muon, (4, 4), adjust_lr_fn="original")
