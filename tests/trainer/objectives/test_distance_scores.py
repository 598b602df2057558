"""The hand-written gradient of scores at fixed distances equals that of its plain reference."""

import pytest
import torch

from trainer.objectives.kernels.distance_scores import distance_scores, distance_scores_reference


@pytest.mark.parametrize("offsets", [(1, 2, 3), (-2, 0, 5), (40,), (-40, 1)])
def test_scores_and_gradients_equal_the_reference(offsets: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    predictions = torch.randn(2, 7, len(offsets), 5, generator=generator, requires_grad=True)
    latents = torch.randn(2, 9, 5, generator=generator, requires_grad=True)
    weights = torch.randn(2, 7, len(offsets), generator=generator)
    negatives = torch.randn(4, 5, generator=generator, requires_grad=True)
    arguments = (predictions, latents, offsets, negatives)
    scores, negative_scores = distance_scores(*arguments)
    expected, expected_negative = distance_scores_reference(*arguments)
    assert torch.allclose(scores, expected, atol=1e-6)
    assert torch.allclose(negative_scores, expected_negative, atol=1e-6)
    inputs = (predictions, latents, negatives)
    for gradient, expected_gradient in zip(
        torch.autograd.grad((scores * weights).sum() + negative_scores.square().sum(), inputs),
        torch.autograd.grad((expected * weights).sum() + expected_negative.square().sum(), inputs),
        strict=True,
    ):
        assert torch.allclose(gradient, expected_gradient, atol=1e-4)


def test_latents_may_have_a_higher_precision_than_predictions() -> None:
    predictions = torch.ones(1, 2, 1, 4, dtype=torch.bfloat16)
    latents = torch.full((1, 3, 4), 0.5, requires_grad=True)
    scores, negative_scores = distance_scores(predictions, latents, (1,), torch.ones(1, 4))
    assert negative_scores.flatten().tolist() == [4.0, 4.0]
    assert scores.dtype == torch.bfloat16
    assert scores.flatten().tolist() == [2.0, 2.0]
    scores.sum().backward()
    assert latents.grad is not None
    assert latents.grad.dtype == torch.float32
    assert latents.grad[0, :, 0].tolist() == [0.0, 1.0, 1.0]
