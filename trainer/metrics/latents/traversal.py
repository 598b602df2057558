"""Paths through a latent space in equal steps, and the shape of the decoded path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from trainer.metrics.speech.log_mel_distance import clip_to_range
from trainer.metrics.speech.path_smoothness import PathShape, path_shape

TRAVERSAL_RANGE = 3.0
"""Standard deviations of the prior to either side of zero."""

Decode = Callable[[Tensor], Tensor]


def traversal(latents: Tensor, dim: int, low: float, high: float, steps: int) -> list[Tensor]:
    """`latents` [dims, frames] with `dim` set to low .. high in all frames, in `steps` equal steps."""
    return [_with(latents, dim, value) for value in np.linspace(low, high, steps + 1)]


def _with(latents: Tensor, dim: int, value: float) -> Tensor:
    changed = latents.clone()
    changed[dim] = value
    return changed


def interpolation(first: Tensor, second: Tensor, steps: int) -> list[Tensor]:
    """Linear path between the latents [dims, frames] of two clips in `steps` equal steps, cut to the shorter clip."""
    frames = min(first.shape[1], second.shape[1])
    return blend(first[:, :frames], second[:, :frames], steps)


def blend(first: Tensor, second: Tensor, steps: int) -> list[Tensor]:
    """Linear mixtures from `first` to `second`, of equal shape, in `steps` equal steps."""
    return [torch.lerp(first, second, share) for share in np.linspace(0, 1, steps + 1).tolist()]


def disjoint_pairs(items: int, seed: int = 0) -> list[tuple[int, int]]:
    """Random pairs of `items` items without repetition, so that pairs are independent; an odd item is dropped.

    Raises ValueError with fewer than two items.
    """
    if items < 2:
        raise ValueError("a pair needs at least two recordings")
    order = np.random.default_rng(seed).permutation(items).tolist()
    return list(zip(order[0::2], order[1::2], strict=False))


def traversal_shapes(
    latents: Sequence[Tensor], decode: Decode, log_mel: Callable[[Tensor], Tensor]
) -> tuple[PathShape | None, PathShape | None]:
    """Shapes of two log-mel paths: decoded along `latents` ([dims, frames] each), and a crossfade of the end sounds.

    The crossfade is a baseline that does not use the latents in between. Levels more than 60 dB below a path's maximum
    are raised to there.
    """
    sounds = [decode(one) for one in latents]
    return _shape(sounds, log_mel), _shape(blend(sounds[0], sounds[-1], len(sounds) - 1), log_mel)


def _shape(sounds: Sequence[Tensor], log_mel: Callable[[Tensor], Tensor]) -> PathShape | None:
    spectrograms = log_mel(torch.stack(list(sounds))).numpy()
    return path_shape(clip_to_range(spectrograms, float(spectrograms.max())).reshape(len(sounds), -1))
