"""The hand-written gradient of posterior samples and KL equals that of its plain reference."""

import pytest
import torch

from trainer.objectives.kernels.gaussian_samples import gaussian_samples, gaussian_samples_reference

WINDOW = slice(2, 7)


@pytest.mark.parametrize("used", [(0, 1, 2, 3), (0, 1, 2), (1, 2, 3), (1, 2), (3,)])
def test_samples_and_gradients_equal_the_reference(used: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    mean, logvar = (torch.randn(3, 4, 9, generator=generator, requires_grad=True) for _ in range(2))
    noise, context_noise = torch.randn(3, 4, 9, generator=generator), torch.randn(3, 4, 5, generator=generator)
    arguments = (mean, logvar, noise, context_noise, WINDOW)
    found, expected = gaussian_samples(*arguments), gaussian_samples_reference(*arguments)
    for value, expected_value in zip(found, expected, strict=True):
        assert torch.allclose(value, expected_value, atol=1e-6)
    gradients, expected_gradients = (
        torch.autograd.grad(sum(values[i].square().sum() for i in used), (mean, logvar)) for values in (found, expected)
    )
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        assert torch.allclose(gradient, expected_gradient, atol=1e-5)
