"""Sensitivity of the decoded sound to each dimension: log-mel change in dB per unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainer.audio.log_mel import LogMel
from trainer.model import Model

SENSITIVITY_STEP = 1.0


def decoded_changes(
    model: Model, module: int, latents: Tensor, samples: int, moves: Sequence[tuple[int, float]]
) -> NDArray[np.float64]:
    """Mean absolute change in dB of the decoded log-mel for each of `moves` [moves].

    A move is (dimension, step): the step is added to `latents` [dims, frames] in all frames.
    """
    log_mel = LogMel(model.config.sample_rate)
    before = log_mel(model.decode(module, latents, samples))
    changes = np.empty(len(moves))
    for index, (dim, step) in enumerate(moves):
        moved = latents.clone()
        moved[dim] += step
        changes[index] = float((log_mel(model.decode(module, moved, samples)) - before).abs().mean())
    return changes


def sensitivity(
    model: Model, module: int, clips: Iterable[tuple[Tensor, int]], step: float = SENSITIVITY_STEP
) -> NDArray[np.float64]:
    """Change of the decoded log-mel in dB per unit of each dimension [dims].

    The mean absolute change at +step and -step over step, averaged over `clips` of (latents [dims, frames], samples).
    """
    moves = [(dim, sign * step) for dim in range(model.dims(module)) for sign in (1, -1)]
    changes = np.stack([decoded_changes(model, module, latents, samples, moves) for latents, samples in clips])
    slopes: NDArray[np.float64] = changes.reshape(len(changes), -1, 2).mean((0, 2)) / step
    return slopes
