"""Traversals, interpolations and their decoded paths."""

import numpy as np
import pytest
import torch
from torch import Tensor

from trainer.metrics.latents.traversal import disjoint_pairs, interpolation, traversal, traversal_shapes


def test_traversal_moves_one_dimension_in_equal_steps() -> None:
    latents = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    path = torch.stack(traversal(latents, 2, -3.0, 3.0, 24))
    assert path[:, 2] == pytest.approx(np.broadcast_to(np.linspace(-3, 3, 25)[:, None], (25, 10)))
    assert torch.equal(path[:, [0, 1, 3]], latents[[0, 1, 3]].expand(25, 3, 10))


def test_interpolation_is_linear_between_clips() -> None:
    first, second = torch.zeros(2, 12), torch.full((2, 20), 4.0)
    path = torch.stack(interpolation(first, second, 4))
    assert path.shape == (5, 2, 12)
    assert path[:, 1, 5].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_pairs_share_no_clip() -> None:
    drawn = disjoint_pairs(21)
    assert len(drawn) == 10
    assert len({clip for pair in drawn for clip in pair}) == 20
    assert drawn == disjoint_pairs(21) != disjoint_pairs(21, seed=1)
    with pytest.raises(ValueError, match="two recordings"):
        disjoint_pairs(1)


def as_spectrogram(sounds: Tensor) -> Tensor:
    """Stands for the log-mel: the sounds themselves, all values within the dynamic range."""
    return sounds[:, None, :]


def test_linear_decoder_and_crossfade_give_straight_paths() -> None:
    weights = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
    latents = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    shapes = traversal_shapes(traversal(latents, 1, -3, 3, 25), lambda z: (weights @ z).flatten(), as_spectrogram)
    for shape in shapes:
        assert shape.length / shape.distance == pytest.approx(1.0, abs=1e-5)
        assert shape.largest_step == pytest.approx(1.0, abs=1e-4)
        assert shape.same_way == pytest.approx(1.0, abs=1e-5)


def test_step_decoder_gives_steps_and_crossfade_none() -> None:
    """-3 to 3 in 24 steps through a decoder that rounds down: six jumps, each four times the mean step."""
    latents = torch.zeros(2, 10)
    path = traversal(latents, 0, -3.0, 3.0, 24)
    decoded, crossfade = traversal_shapes(path, lambda z: z[0].floor() + torch.linspace(0, 1, 10), as_spectrogram)
    assert decoded.largest_step == pytest.approx(4.0)
    assert crossfade.largest_step == pytest.approx(1.0, abs=1e-4)


def test_inaudible_changes_give_no_path() -> None:
    """One dimension changes only levels 60 dB below the maximum, the other nothing."""

    def decode(latents: Tensor) -> Tensor:
        return torch.cat([torch.zeros(1), latents[0, :1] * 5 - 80.0])

    assert traversal_shapes(traversal(torch.zeros(2, 3), 0, -3, 3, 6), decode, as_spectrogram)[0] is None
    assert traversal_shapes(traversal(torch.zeros(2, 3), 1, -3, 3, 6), decode, as_spectrogram) == (None, None)
