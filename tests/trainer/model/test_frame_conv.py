import pytest
import torch
from torch import nn

from trainer.model.kernels.frame_conv import FrameConv

GEOMETRIES = [(1, 10, 5, 2), (6, 8, 4, 2), (6, 4, 2, 1), (6, 6, 2, 2), (3, 1, 1, 0), (4, 5, 2, 1), (4, 9, 3, 4)]


def pair(inputs: int, kernel: int, stride: int, padding: int) -> tuple[FrameConv, nn.Conv1d]:
    """Ours and torch's, with the same weights."""
    torch.manual_seed(0)
    theirs = nn.Conv1d(inputs, 7, kernel, stride, padding).double()
    ours = FrameConv(inputs, 7, kernel, stride, padding).double()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize(("inputs", "kernel", "stride", "padding"), GEOMETRIES)
@pytest.mark.parametrize("frames", [40, 41, 43])
def test_it_is_torchs_convolution_with_frames_last(inputs, kernel, stride, padding, frames) -> None:
    ours, theirs = pair(inputs, kernel, stride, padding)
    x = torch.randn(2, inputs, frames, dtype=torch.double, requires_grad=True)
    y = theirs(x)
    frames_first = x.detach().mT.clone().requires_grad_()
    ours_y = ours(frames_first).mT
    assert torch.allclose(ours_y, y)
    weights = torch.randn_like(y)
    expected = torch.autograd.grad((y * weights).sum(), (x, theirs.weight, theirs.bias))
    found = torch.autograd.grad((ours_y * weights).sum(), (frames_first, ours.weight, ours.bias))
    assert torch.allclose(found[0].mT, expected[0])
    assert torch.allclose(ours.from_matrix(found[1]), expected[1])
    assert torch.allclose(found[2], expected[2])


def test_files_hold_weights_in_torchs_order() -> None:
    ours, theirs = pair(6, 8, 4, 2)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    assert all(torch.equal(ours.state_dict()[name], value) for name, value in theirs.state_dict().items())
    assert ours.weight.shape == (2 * 7, 4 * 6), "two blocks of the stride"


def test_the_same_seed_gives_torchs_initial_values() -> None:
    torch.manual_seed(3)
    theirs = nn.Conv1d(6, 7, 8, 4)
    torch.manual_seed(3)
    assert torch.equal(FrameConv(6, 7, 8, 4).state_dict()["weight"], theirs.weight)


def test_dilation_is_torchs() -> None:
    theirs = nn.Conv1d(4, 5, 3, padding=6, dilation=6).double()
    ours = FrameConv(4, 5, 3, padding=6, dilation=6).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 4, 30, dtype=torch.double)
    assert torch.allclose(ours(x.mT).mT, theirs(x))


def test_he_weights_keep_the_size_of_what_passes_and_torchs_own_do_not() -> None:
    """Five convolutions with ReLU: each halves the mean square of what is symmetric about zero, He's double it."""

    def passed(he: bool) -> float:
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

    assert 0.4 < passed(he=True) < 2.5
    assert passed(he=False) < 0.02
