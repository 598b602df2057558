"""Interpolation contribution score (ICS) of a module over pairs of clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.audio.log_mel import LogMel
from trainer.metrics.latents.interpolation_contribution import (
    InterpolationContribution,
    interpolation_contributions,
    powers_of_two,
    random_pairs,
)
from trainer.model import Model

Waveform = NDArray[np.float32]
INTERPOLATION_KEY = "interpolation"


def interpolations(
    model: Model, module: int, waveforms: Sequence[Waveform], pairs: int = 200
) -> list[InterpolationContribution]:
    """The ICS of `module` over random pairs of `waveforms`. Raises ValueError if the module has no decoder."""
    latents = [
        model.encode(waveform)[module - 1].mean for waveform in tqdm(waveforms, desc="encode", unit="clip", leave=False)
    ]
    bar = tqdm(random_pairs(len(latents), pairs), desc="interpolate", unit="pair", leave=False)
    return interpolation_contributions(
        ((latents[first], latents[second]) for first, second in bar),
        lambda mixed: model.decode(module, mixed),
        LogMel(model.config.sample_rate),
        powers_of_two(model.dims(module)),
    )
