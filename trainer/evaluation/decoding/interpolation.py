"""The interpolation contribution score of a bundle's module over pairs of clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.audio.log_mel import LogMel
from trainer.metrics.latents.interpolation_contribution import Contribution, contributions, doublings, draw_pairs
from trainer.model import Model

Waveform = NDArray[np.float32]
INTERPOLATION_KEY = "interpolation"


def interpolations(model: Model, module: int, waveforms: Sequence[Waveform], pairs: int = 200) -> list[Contribution]:
    """ICS at `module` over random pairs of `waveforms`. Raises ValueError where the module has no decoder."""
    latents = [
        model.encode(waveform)[module - 1].mean for waveform in tqdm(waveforms, desc="encode", unit="clip", leave=False)
    ]
    chosen = tqdm(draw_pairs(len(latents), pairs), desc="interpolate", unit="pair", leave=False)
    return contributions(
        ((latents[first], latents[second]) for first, second in chosen),
        lambda mixed: model.decode(module, mixed),
        LogMel(model.config.sample_rate),
        doublings(model.dims(module)),
    )
