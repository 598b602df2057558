"""The context network is torch's GRU, however its gradient is come by."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trainer.model.kernels.gru import GRU

BATCH, FRAMES, INPUTS, HIDDEN = 3, 7, 5, 4


def pair(dtype: torch.dtype = torch.float64) -> tuple[GRU, nn.GRU]:
    torch.manual_seed(0)
    ours, theirs = GRU(INPUTS, HIDDEN).to(dtype), nn.GRU(INPUTS, HIDDEN, batch_first=True).to(dtype)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def latents(dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(BATCH, FRAMES, INPUTS, generator=generator, dtype=dtype).requires_grad_()


def gradients(output: Tensor, x: Tensor, network: nn.Module) -> tuple[Tensor, ...]:
    weighted = output.float() * torch.linspace(-1, 1, output.numel()).view(output.shape)
    return torch.autograd.grad(weighted.sum(), [x, *network.parameters()])


def test_it_gives_what_the_library_gives_and_its_gradients() -> None:
    ours, theirs = pair()
    x = latents()
    expected, _ = theirs(x)
    torch.testing.assert_close(ours(x), expected)
    for mine, known in zip(gradients(ours(x), x, ours), gradients(expected, x, theirs), strict=True):
        torch.testing.assert_close(mine, known)


def test_its_gradients_are_those_of_finite_differences() -> None:
    ours, _ = pair()
    assert torch.autograd.gradcheck(ours, [latents()])


def test_one_frame_is_enough_and_unlearnt_it_is_the_library_itself() -> None:
    ours, theirs = pair()
    x = latents()[:, :1]
    torch.testing.assert_close(ours(x), theirs(x)[0])
    with torch.no_grad():
        assert torch.equal(ours(latents()), theirs(latents())[0])


@pytest.mark.parametrize("inputs", [torch.float32, torch.bfloat16])
def test_mixed_precision_stays_near_the_exact(inputs: torch.dtype) -> None:
    ours, _ = pair(torch.float32)
    x = latents(torch.float32)
    exact = gradients(ours(x), x, ours)
    given = x.detach().to(inputs).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        output = ours(given)
    torch.testing.assert_close(output.float(), ours(x), atol=0.02, rtol=0.02)
    found = gradients(output, given, ours)
    assert found[0].dtype == inputs
    for mine, known in zip(found, exact, strict=True):
        assert (mine.float() - known).norm() < 0.03 * known.norm()
