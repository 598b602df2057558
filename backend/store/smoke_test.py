"""Trying out a model before it is offered: its files may hold, and what they describe still make no sound."""

from __future__ import annotations

import numpy as np
import torch

from trainer.bundle import BundleError
from trainer.edits import zero_latents
from trainer.model import Model

_SECONDS = 1.0
_LONGEST_SECONDS = 30.0  # that a model may need for a single frame


def try_out(model: Model) -> None:
    """One pass through encoder and decoders, which also spares requests the cost of first use. Raises BundleError."""
    rate = model.config.sample_rate
    needed = max(geometry.minimum_samples for geometry in model.geometry)
    if needed > _LONGEST_SECONDS * rate:
        raise BundleError(f"config.json: the encoder needs {needed / rate:.0f} s of sound for one frame")
    samples = max(needed, round(_SECONDS * rate))
    noise = np.random.default_rng(0).normal(0.0, 0.1, samples).astype(np.float32)
    try:
        for module, posterior in enumerate(model.encode(noise), start=1):
            _check("encoder.safetensors", f"module {module}", posterior.mean)
            if model.has_decoder(module):
                zeros = zero_latents(model.dims(module), posterior.mean.shape[1])
                _check(f"decoder-{module}.safetensors", "the decoder", model.decode(module, zeros, samples))
    except (RuntimeError, ValueError, TypeError, IndexError, ArithmeticError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"config.json: the model it describes does not compute: {str(error)[:200]}") from error


def _check(file: str, part: str, values: torch.Tensor) -> None:
    if not torch.isfinite(values).all():
        raise BundleError(f"{file}: {part} gives values that are not finite")
