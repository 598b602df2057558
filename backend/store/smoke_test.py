"""Smoke test of a model before it is served: valid files may still describe a model that fails to run."""

from __future__ import annotations

import numpy as np
import torch

from trainer.bundle import BundleError
from trainer.edits import zero_latents
from trainer.model import Model

_SECONDS = 1.0
_MAX_SECONDS = 30.0  # longest input that a model may need for one frame


def run_smoke_test(model: Model) -> None:
    """Encode and decode one second of noise. This also warms up the model. Raises BundleError."""
    rate = model.config.sample_rate
    needed = max(geometry.minimum_samples for geometry in model.geometry)
    if needed > _MAX_SECONDS * rate:
        raise BundleError(f"config.json: the encoder needs {needed / rate:.0f} s of sound for one frame")
    samples = max(needed, round(_SECONDS * rate))
    noise = np.random.default_rng(0).normal(0.0, 0.1, samples).astype(np.float32)
    try:
        for module, posterior in enumerate(model.encode(noise), start=1):
            _check_finite("encoder.safetensors", f"module {module}", posterior.mean)
            if model.has_decoder(module):
                zeros = zero_latents(model.dims(module), posterior.mean.shape[1])
                _check_finite(f"decoder-{module}.safetensors", "the decoder", model.decode(module, zeros, samples))
    except (RuntimeError, ValueError, TypeError, IndexError, ArithmeticError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(f"config.json: the model does not run: {str(error)[:200]}") from error


def _check_finite(file: str, part: str, values: torch.Tensor) -> None:
    if not torch.isfinite(values).all():
        raise BundleError(f"{file}: {part} returns values that are not finite")
