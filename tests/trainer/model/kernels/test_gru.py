"""GRU equals torch.nn.GRU in its output and its hand-written gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trainer.model.kernels.gru import GRU

BATCH, FRAMES, INPUTS, HIDDEN = 3, 7, 5, 4


def pair(dtype: torch.dtype = torch.float64) -> tuple[GRU, nn.GRU]:
    torch.manual_seed(0)
    gru, reference = GRU(INPUTS, HIDDEN).to(dtype), nn.GRU(INPUTS, HIDDEN, batch_first=True).to(dtype)
    reference.load_state_dict(gru.state_dict())
    return gru, reference


def latents(dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(BATCH, FRAMES, INPUTS, generator=generator, dtype=dtype).requires_grad_()


def gradients(output: Tensor, x: Tensor, network: nn.Module) -> tuple[Tensor, ...]:
    weighted = output.float() * torch.linspace(-1, 1, output.numel()).view(output.shape)
    return torch.autograd.grad(weighted.sum(), [x, *network.parameters()])


def test_output_and_gradients_equal_torch_gru() -> None:
    gru, reference = pair()
    x = latents()
    expected, _ = reference(x)
    torch.testing.assert_close(gru(x), expected)
    for found, wanted in zip(gradients(gru(x), x, gru), gradients(expected, x, reference), strict=True):
        torch.testing.assert_close(found, wanted)


def test_gradients_equal_finite_differences() -> None:
    gru, _ = pair()
    assert torch.autograd.gradcheck(gru, [latents()])


def test_single_frame_and_inference_equal_torch_gru() -> None:
    gru, reference = pair()
    x = latents()[:, :1]
    torch.testing.assert_close(gru(x), reference(x)[0])
    with torch.no_grad():
        assert torch.equal(gru(latents()), reference(latents())[0])


@pytest.mark.parametrize("inputs", [torch.float32, torch.bfloat16])
def test_mixed_precision_is_close_to_float32(inputs: torch.dtype) -> None:
    gru, _ = pair(torch.float32)
    x = latents(torch.float32)
    exact = gradients(gru(x), x, gru)
    cast = x.detach().to(inputs).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        output = gru(cast)
    torch.testing.assert_close(output.float(), gru(x), atol=0.02, rtol=0.02)
    mixed = gradients(output, cast, gru)
    assert mixed[0].dtype == inputs
    for found, wanted in zip(mixed, exact, strict=True):
        assert (found.float() - wanted).norm() < 0.03 * wanted.norm()
