"""Interpolation contribution score of decoders with known contributions."""

import numpy as np
import pytest
import torch
from torch import Tensor

from trainer.metrics.latents.interpolation_contribution import (
    interpolation_contributions,
    powers_of_two,
    random_pairs,
    swap_dimensions,
)


def pairs(count: int, dims: int, frames: int = 30) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [
        (
            torch.randn(dims, frames, generator=generator),
            torch.randn(dims, 1, generator=generator) + torch.randn(dims, frames, generator=generator),
        )
        for _ in range(count)
    ]


def halved(waveform: Tensor) -> Tensor:
    """Stands for the log-mel: another function of the waveform."""
    return waveform[::2]


def test_one_dimension_carries_everything_for_a_decoder_of_one_dimension() -> None:
    """Dimension 2 differs most, dimension 5 second most; each decoder reads one of them."""
    first, second = torch.zeros(8, 20), torch.zeros(8, 20)
    second[2], second[5], second[[0, 1]] = 3.0, -2.0, 0.5
    (one,) = interpolation_contributions([(first, second)], lambda z: z[2], halved, [1])
    assert (one.waveform.mean, one.log_mel.mean) == (0.0, 0.0)
    found = interpolation_contributions([(first, second)], lambda z: z[5], halved, [1, 2])
    assert [row.waveform.mean for row in found] == [1.0, 0.0]


def test_each_swapped_dimension_contributes_its_square() -> None:
    """Dimensions differ by 4, 2, 1, 1 and are decoded unchanged: of 22 in squares k = 1 leaves 6 and k = 2 leaves 2."""
    first, second = torch.zeros(4, 10), torch.tensor([2.0, -4.0, 1.0, 1.0])[:, None].expand(4, 10)
    found = interpolation_contributions([(first, second)], lambda z: z.flatten(), lambda waveform: waveform, [1, 2, 4])
    assert [row.waveform.mean for row in found] == pytest.approx([6 / 22, 2 / 22, 0.0])


def test_swapping_all_dimensions_gives_the_second_clip() -> None:
    found = interpolation_contributions(pairs(5, dims=8), lambda z: z.sum(0), halved, powers_of_two(8))
    assert [row.swapped for row in found] == [2, 4, 8]
    assert found[-1].waveform.high == found[-1].log_mel.high == 0.0
    assert found[0].waveform.n == 5
    assert 0 < found[1].waveform.low < found[1].waveform.mean < found[1].waveform.high


def test_clips_are_cut_to_the_shorter() -> None:
    first, second = torch.zeros(2, 20), torch.ones(2, 12)
    lengths = []

    def decode(latents: Tensor) -> Tensor:
        lengths.append(latents.shape[1])
        return latents[0]

    interpolation_contributions([(first, second)], decode, halved, [2])
    assert set(lengths) == {12}


def test_pairs_of_equal_clips_raise() -> None:
    clip = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="same sound"):
        interpolation_contributions([(clip, clip)] * 3, lambda z: z[0], halved, [2])
    other = (torch.zeros(4, 10), torch.ones(4, 10))
    alone, joined = (
        interpolation_contributions(some, lambda z: z.sum(0), halved, [2]) for some in ([other], [other, (clip, clip)])
    )
    assert alone[0].waveform.mean == joined[0].waveform.mean


def test_swapping_does_not_change_its_inputs() -> None:
    ((first, second),) = pairs(1, dims=4)
    before = first.clone()
    mixed = swap_dimensions(first, second, 4)
    assert torch.equal(first, before)
    assert torch.equal(mixed, second)
    assert torch.equal(swap_dimensions(first, second, 0), first)


def test_powers_of_two_end_with_all_dimensions() -> None:
    assert powers_of_two(8) == (2, 4, 8)
    assert powers_of_two(12) == (2, 4, 8, 12)
    assert powers_of_two(2) == (2,)
    assert powers_of_two(1) == (1,)


def test_pairs_are_distinct_and_of_different_clips() -> None:
    drawn = random_pairs(20, 200)
    assert len({tuple(pair) for pair in drawn.tolist()}) == 200
    assert (drawn[:, 0] != drawn[:, 1]).all()
    assert set(np.unique(drawn)) == set(range(20))
    assert len(random_pairs(3, 200)) == 6
    with pytest.raises(ValueError, match="two recordings"):
        random_pairs(1, 5)
