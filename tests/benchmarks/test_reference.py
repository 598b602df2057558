"""The baseline of the training benchmark computes the published loss."""

import math

import torch

from benchmarks.reference import NEGATIVES, Contrast, Reference
from benchmarks.train import configuration
from trainer.model import Model


def test_constant_predictor_has_the_log_of_the_candidates_as_loss() -> None:
    contrast = Contrast(6, 4, 3)
    for predict in contrast.predict:
        torch.nn.init.zeros_(predict.weight)
    latents = torch.randn(2, 4, 20)
    assert math.isclose(contrast(torch.randn(2, 6, 20), latents).item(), math.log(NEGATIVES + 1), rel_tol=1e-5)


def test_perfect_predictor_has_almost_zero_loss() -> None:
    """Every frame is unique: only a negative that happens to be the target has the same score."""
    frames = 200
    contrast = Contrast(frames, frames, 1)
    latents = torch.eye(frames)[None]
    with torch.no_grad():
        contrast.predict[0].weight.copy_(50 * torch.eye(frames).roll(1, 0)[..., None])
    assert contrast(latents, latents).item() < 0.1


def test_reference_has_as_many_weights_as_the_model() -> None:
    """Its weights are those of the model and of its contrastive heads, and all get gradients."""
    config = configuration("sim", 16)
    reference = Reference(config)
    ours = Model(config).encoder
    contrasts = sum(weight.numel() for name, weight in reference.named_parameters() if "contrast" in name)
    theirs = sum(weight.numel() for weight in reference.parameters())
    assert theirs == contrasts + sum(weight.numel() for weight in ours.parameters())
    assert contrasts == 10 * (3 * 16 * 16 + 256 * 16)
    reference(0.1 * torch.randn(2, 10_240)).backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in reference.parameters())
