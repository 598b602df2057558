"""Scores at fixed distances are those that a product of everything with everything has there."""

import pytest
import torch

from trainer.objectives.kernels.distance_scores import scores_at


@pytest.mark.parametrize("offsets", [(1, 2, 3), (-2, 0, 5), (40,), (-40, 1)])
def test_they_and_their_gradients_are_those_of_all_products(offsets: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    predictions = torch.randn(2, 7, len(offsets), 5, generator=generator, requires_grad=True)
    latents = torch.randn(2, 9, 5, generator=generator, requires_grad=True)
    weights = torch.randn(2, 7, len(offsets), generator=generator)
    frames = torch.arange(7)[:, None] + torch.tensor(offsets)
    there = (frames >= 0) & (frames < 9)
    products = (predictions.flatten(1, 2) @ latents.mT).view(2, 7, len(offsets), 9)
    known = products.gather(3, frames.clamp(0, 8).expand(2, -1, -1)[..., None]).squeeze(3) * there
    others = torch.randn(4, 5, generator=generator, requires_grad=True)
    found, with_others = scores_at(predictions, latents, offsets, others)
    assert torch.allclose(found, known, atol=1e-6)
    assert torch.allclose(with_others, predictions @ others.T, atol=1e-6)
    squares = with_others.square().sum(), (predictions @ others.T).square().sum()
    for one, other in zip(
        torch.autograd.grad((found * weights).sum() + squares[0], (predictions, latents, others)),
        torch.autograd.grad((known * weights).sum() + squares[1], (predictions, latents, others)),
        strict=True,
    ):
        assert torch.allclose(one, other, atol=1e-4)


def test_latents_may_be_more_precise_than_predictions() -> None:
    predictions = torch.ones(1, 2, 1, 4, dtype=torch.bfloat16)
    latents = torch.full((1, 3, 4), 0.5, requires_grad=True)
    found, with_others = scores_at(predictions, latents, (1,), torch.ones(1, 4))
    assert with_others.flatten().tolist() == [4.0, 4.0]
    assert found.dtype == torch.bfloat16
    assert found.flatten().tolist() == [2.0, 2.0]
    found.sum().backward()
    assert latents.grad is not None
    assert latents.grad.dtype == torch.float32
    assert latents.grad[0, :, 0].tolist() == [0.0, 1.0, 1.0]
