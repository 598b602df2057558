"""FrameConv equals torch.nn.Conv1d, with its gradients, initial values and state dict."""

import pytest
import torch
from torch import nn

from trainer.model.kernels.frame_conv import FrameConv

GEOMETRIES = [(1, 10, 5, 2), (6, 8, 4, 2), (6, 4, 2, 1), (6, 6, 2, 2), (3, 1, 1, 0), (4, 5, 2, 1), (4, 9, 3, 4)]


def pair(inputs: int, kernel: int, stride: int, padding: int) -> tuple[FrameConv, nn.Conv1d]:
    """FrameConv and torch.nn.Conv1d with the same weights."""
    torch.manual_seed(0)
    reference = nn.Conv1d(inputs, 7, kernel, stride, padding).double()
    convolution = FrameConv(inputs, 7, kernel, stride, padding).double()
    convolution.load_state_dict(reference.state_dict())
    return convolution, reference


@pytest.mark.parametrize(("inputs", "kernel", "stride", "padding"), GEOMETRIES)
@pytest.mark.parametrize("frames", [40, 41, 43])
def test_output_and_gradients_equal_conv1d(inputs, kernel, stride, padding, frames) -> None:
    convolution, reference = pair(inputs, kernel, stride, padding)
    x = torch.randn(2, inputs, frames, dtype=torch.double, requires_grad=True)
    y = reference(x)
    frames_first = x.detach().mT.clone().requires_grad_()
    found_y = convolution(frames_first).mT
    assert torch.allclose(found_y, y)
    weights = torch.randn_like(y)
    expected = torch.autograd.grad((y * weights).sum(), (x, reference.weight, reference.bias))
    found = torch.autograd.grad((found_y * weights).sum(), (frames_first, convolution.weight, convolution.bias))
    assert torch.allclose(found[0].mT, expected[0])
    assert torch.allclose(convolution.from_matrix(found[1]), expected[1])
    assert torch.allclose(found[2], expected[2])


def test_state_dict_has_conv1d_layout() -> None:
    convolution, reference = pair(6, 8, 4, 2)
    assert convolution.state_dict().keys() == reference.state_dict().keys()
    assert all(torch.equal(convolution.state_dict()[name], value) for name, value in reference.state_dict().items())
    assert convolution.weight.shape == (2 * 7, 4 * 6), "two blocks of one stride"


def test_initial_values_equal_conv1d_for_same_seed() -> None:
    torch.manual_seed(3)
    reference = nn.Conv1d(6, 7, 8, 4)
    torch.manual_seed(3)
    assert torch.equal(FrameConv(6, 7, 8, 4).state_dict()["weight"], reference.weight)


def test_dilation_equals_conv1d() -> None:
    reference = nn.Conv1d(4, 5, 3, padding=6, dilation=6).double()
    convolution = FrameConv(4, 5, 3, padding=6, dilation=6).double()
    convolution.load_state_dict(reference.state_dict())
    x = torch.randn(2, 4, 30, dtype=torch.double)
    assert torch.allclose(convolution(x.mT).mT, reference(x))


def test_he_initialisation_preserves_variance_through_relu_layers() -> None:
    """Each ReLU halves the mean square of a symmetric input; He's weights double it, torch's default weights do not."""

    def output_power(he: bool) -> float:
        torch.manual_seed(0)
        x = torch.randn(2, 4000, 64)
        for stride in (1, 2, 1, 2, 1):
            convolution = FrameConv(64, 64, 2 * stride, stride)
            if he:
                convolution.init_he()
                assert convolution.weight.std().item() == pytest.approx((2 / (2 * stride * 64)) ** 0.5, rel=0.05)
                assert convolution.bias.abs().max() == 0
            x = torch.relu(convolution(x))
        return x.square().mean().item()

    assert 0.4 < output_power(he=True) < 2.5
    assert output_power(he=False) < 0.02
