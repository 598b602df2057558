"""Reparameterised samples of a module's posterior for one training step, and its KL to the prior."""

from __future__ import annotations

from typing import NamedTuple

from torch import Generator, Tensor

from trainer.model import Posterior
from trainer.objectives.kernels.gaussian_samples import gaussian_samples


class PosteriorSamples(NamedTuple):
    """Samples of one step. Without noise (deterministic encoder) all are the mean, and there is no KL."""

    latents: Tensor
    """(B, D, L), the input of the next module."""
    targets: Tensor
    """(B, D, W), the latents of the window."""
    context: Tensor
    """(B, D, W), a second sample of the window: it must not share the noise of the frames it predicts."""
    kl_per_dim: Tensor | None
    """(D), KL to N(0, 1) in nats, mean over frames."""


def sample_posterior(posterior: Posterior, window: slice, generator: Generator) -> PosteriorSamples:
    """Samples of all frames, and a second one of the frames in `window`."""
    mean, logvar = posterior.mean, posterior.logvar
    if logvar is None:
        frames = mean[..., window]
        return PosteriorSamples(mean, frames, frames, None)
    noise = posterior.noise(generator)
    context_noise = posterior.frames(window.start, window.stop).noise(generator)
    return PosteriorSamples(*gaussian_samples(mean, logvar, noise, context_noise, window))
