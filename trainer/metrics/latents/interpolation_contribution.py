"""The interpolation contribution score (ICS): how much of what a decoder hears lies in the few dimensions that differ
most (Denoodt et al., arXiv 2408.12936).

relative(k) = E[ MSE(D(mix), D(second)) ] / E[ MSE(D(first), D(second)) ], where `mix` is the first clip's latents with
the k dimensions in which the means over time differ most taken from the second, over the whole time course. 0: those
k carry all of the difference; 1: nothing moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainer.edits import toward
from trainer.metrics.statistics.bootstrap import Estimate, bootstrap_ratio

Decode = Callable[[Tensor], Tensor]
Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Contribution:
    """relative(k) with `swapped` dimensions, by the mean square of the waveform (as in the paper) and of its log-mel
    in dB; intervals over pairs, taken as independent.
    """

    swapped: int
    waveform: Estimate
    log_mel: Estimate


def doublings(dims: int) -> tuple[int, ...]:
    """2, 4, 8 ... and `dims` itself."""
    return (*(2**power for power in range(1, dims.bit_length()) if 2**power < dims), dims)


def mix(first: Tensor, second: Tensor, count: int) -> Tensor:
    """`first` [dims, frames] with the `count` dimensions of `second` whose means over time differ most."""
    return toward(first, second, 1.0, count)


def contributions(
    pairs: Iterable[Pair], decode: Decode, log_mel: Callable[[Tensor], Tensor], swapped: Sequence[int]
) -> list[Contribution]:
    """ICS over pairs of latents [dims, frames], the longer of two cut to the shorter, for each number `swapped`.

    `decode` takes latents to a waveform [samples], `log_mel` that to dB. Raises ValueError where all pairs decode to
    the same sound.
    """
    changes = np.array([_changes(pair, decode, log_mel, swapped) for pair in pairs])  # [pairs, 1 + swapped, 2]
    if not len(changes) or not (changes[:, 0].sum(0) > 0).all():
        raise ValueError(
            "the two clips of every pair decode to the same sound, so that no dimension makes a difference"
        )
    return [
        Contribution(
            count,
            waveform=bootstrap_ratio(changes[:, index, 0], changes[:, 0, 0]),
            log_mel=bootstrap_ratio(changes[:, index, 1], changes[:, 0, 1]),
        )
        for index, count in enumerate(swapped, 1)
    ]


def _changes(
    pair: Pair, decode: Decode, log_mel: Callable[[Tensor], Tensor], swapped: Sequence[int]
) -> list[tuple[float, float]]:
    """Mean square differences, of waveform and log-mel, between the second clip and: the first, then each mixture."""
    frames = min(latents.shape[1] for latents in pair)
    first, second = (latents[:, :frames] for latents in pair)
    wanted = decode(second)
    heard = [decode(first), *(decode(mix(first, second, count)) for count in swapped)]
    return [(_mse(sound, wanted), _mse(log_mel(sound), log_mel(wanted))) for sound in heard]


def _mse(first: Tensor, second: Tensor) -> float:
    return float((first.double() - second.double()).square().mean())


def draw_pairs(items: int, pairs: int, seed: int = 0) -> NDArray[np.int64]:
    """`pairs` ordered pairs [pairs, 2] of different items, drawn at random; all of them where there are not so many.

    Raises ValueError where there are no two items.
    """
    if items < 2:
        raise ValueError("a pair takes two recordings; give more of them")
    rng = np.random.default_rng(seed)
    chosen = rng.choice(items * (items - 1), size=min(pairs, items * (items - 1)), replace=False)
    first, step = np.divmod(chosen, items - 1)
    return np.stack([first, (first + 1 + step) % items], axis=1)
