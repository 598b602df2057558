"""Interpolation contribution score, ICS (Denoodt et al., arXiv 2408.12936).

relative(k) = E[MSE(D(mixed), D(second))] / E[MSE(D(first), D(second))]: `mixed` is the first clip's latents with the k
dimensions whose means over time differ most replaced by those of the second clip in all frames. 0: these k dimensions
carry the whole difference; 1: replacing them changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainer.edits import move_toward
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_ratio

Decode = Callable[[Tensor], Tensor]
Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class InterpolationContribution:
    """relative(k) with k = `swapped`, by MSE of the waveform (as in the paper) and of its log-mel in dB.

    Intervals are over pairs, taken as independent.
    """

    swapped: int
    waveform: BootstrapEstimate
    log_mel: BootstrapEstimate


def powers_of_two(dims: int) -> tuple[int, ...]:
    """2, 4, 8 .. below `dims`, then `dims` itself."""
    return (*(2**power for power in range(1, dims.bit_length()) if 2**power < dims), dims)


def swap_dimensions(first: Tensor, second: Tensor, count: int) -> Tensor:
    """`first` [dims, frames] with the `count` dimensions of `second` whose means over time differ most."""
    return move_toward(first, second, 1.0, count)


def interpolation_contributions(
    pairs: Iterable[Pair], decode: Decode, log_mel: Callable[[Tensor], Tensor], swapped: Sequence[int]
) -> list[InterpolationContribution]:
    """ICS over pairs of latents [dims, frames], cut to the shorter of two, for each k in `swapped`.

    `decode` maps latents to a waveform [samples], `log_mel` maps that to dB. Raises ValueError if the clips of every
    pair decode to the same sound.
    """
    changes = np.array([_changes(pair, decode, log_mel, swapped) for pair in pairs])  # [pairs, 1 + swapped, 2]
    if not len(changes) or not (changes[:, 0].sum(0) > 0).all():
        raise ValueError("the two clips of every pair decode to the same sound, so the score is undefined")
    return [
        InterpolationContribution(
            count,
            waveform=bootstrap_ratio(changes[:, index, 0], changes[:, 0, 0]),
            log_mel=bootstrap_ratio(changes[:, index, 1], changes[:, 0, 1]),
        )
        for index, count in enumerate(swapped, 1)
    ]


def _changes(
    pair: Pair, decode: Decode, log_mel: Callable[[Tensor], Tensor], swapped: Sequence[int]
) -> list[tuple[float, float]]:
    """MSE of waveform and log-mel between the second clip and the first, then each mixture of the two."""
    frames = min(latents.shape[1] for latents in pair)
    first, second = (latents[:, :frames] for latents in pair)
    target = decode(second)
    decoded = [decode(first), *(decode(swap_dimensions(first, second, count)) for count in swapped)]
    return [(_mse(sound, target), _mse(log_mel(sound), log_mel(target))) for sound in decoded]


def _mse(first: Tensor, second: Tensor) -> float:
    return float((first.double() - second.double()).square().mean())


def random_pairs(items: int, pairs: int, seed: int = 0) -> NDArray[np.int64]:
    """At most `pairs` different ordered pairs of different items, at random [pairs, 2].

    Raises ValueError with fewer than two items.
    """
    if items < 2:
        raise ValueError("a pair needs at least two recordings")
    rng = np.random.default_rng(seed)
    chosen = rng.choice(items * (items - 1), size=min(pairs, items * (items - 1)), replace=False)
    first, step = np.divmod(chosen, items - 1)
    return np.stack([first, (first + 1 + step) % items], axis=1)
