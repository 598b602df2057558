"""What a step of training takes from a module's posterior: draws of all frames and of those its contrast looks at, and
the divergence from the prior.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from trainer.model import Posterior


class Draws(NamedTuple):
    """`latents` (B, dims, frames) are for the next module; their frames in the window, `targets` (B, dims, window), are
    what is to be found from `context` of the same shape, a second draw: it must not share the noise of the frame it is
    asked to find. `kl_per_dim`: KL to N(0, 1) in nats a frame [dims]. Where the encoder is deterministic all is the
    mean, and there is no KL.
    """

    latents: Tensor
    targets: Tensor
    context: Tensor
    kl_per_dim: Tensor | None


def draw(posterior: Posterior, window: slice, generator: Generator) -> Draws:
    """The draws of one step, `window` of whose frames its contrast looks at."""
    mean, logvar = posterior.mean, posterior.logvar
    if logvar is None:
        seen = mean[..., window]
        return Draws(mean, seen, seen, None)
    noise, again = posterior.noise(generator), posterior.frames(window.start, window.stop).noise(generator)
    return Draws(*_Draw.apply(mean, logvar, noise, again, window))


class _Draw(torch.autograd.Function):
    """By hand: the first module has millions of numbers. Autograd would walk over them a dozen times for the KL and as
    often for each draw, and fill a gradient of all frames with zeros for each of the window's.
    """

    @staticmethod
    def forward(
        ctx: Any, mean: Tensor, logvar: Tensor, noise: Tensor, again: Tensor, window: slice
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        deviation = (logvar / 2).exp_()
        excess = torch.addcmul(deviation.new_tensor(-0.5), deviation, deviation, value=0.5)  # (sigma^2 - 1) / 2
        kl = excess.sub(logvar, alpha=0.5).addcmul_(mean, mean, value=0.5).mean((0, 2))
        second = again * deviation[..., window]
        frames = deviation.mul_(noise)  # from here on the noise as it meets each draw
        latents, context = mean + frames, mean[..., window] + second
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(mean, excess, frames, second)
        ctx.window = window
        return latents, latents[..., window].clone(), context, kl

    @staticmethod
    def backward(
        ctx: Any, of_latents: Tensor | None, of_targets: Tensor | None, of_context: Tensor | None, of_kl: Tensor | None
    ) -> tuple[Tensor, Tensor, None, None, None]:
        mean, excess, frames, second = ctx.saved_tensors
        window = ctx.window
        if of_kl is None:
            of_mean, of_logvar = torch.zeros_like(mean), torch.zeros_like(mean)
        else:
            share = of_kl[:, None] / (mean.shape[0] * mean.shape[2])
            of_mean, of_logvar = mean * share, excess * share
        for part, gradient, noise in (
            (slice(None), of_latents, frames),
            (window, of_targets, frames[..., window]),
            (window, of_context, second),
        ):
            if gradient is not None:
                of_mean[..., part] += gradient
                of_logvar[..., part].addcmul_(gradient, noise, value=0.5)
        return of_mean, of_logvar, None, None, None
