"""Two changed hearings of each crop, for positive pairs that agree on what was said alone."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from trainer.config import ViewsConfig
from trainer.runtime import distributed

_SHORTEST_EXCERPT_SECONDS = 0.25


class Views(NamedTuple):
    """Waveforms (2 B, samples), the two of a crop one after the other, and how fast each is played (2 B)."""

    waveforms: Tensor
    rates: Tensor


def make_views(waveform: Tensor, config: ViewsConfig, sample_rate: int, generator: Generator) -> Views:
    """Two views of each crop of (B, samples)."""
    shortest = min(waveform.shape[1], round(_SHORTEST_EXCERPT_SECONDS * sample_rate))
    twice = _excerpts(waveform, config.excerpts, shortest, generator).repeat_interleave(2, 0)
    rates = torch.tensor(config.rates, device=waveform.device)
    chosen = rates[(_uniform(twice, generator) * len(rates)).long().flatten()]
    views = _played(twice, chosen)
    tilted = views.clone()
    tilted[:, 1:] += config.tilt * (2 * _uniform(twice, generator) - 1) * views[:, :-1]
    gains = 10 ** (config.gain_db * (2 * _uniform(twice, generator) - 1) / 20)
    low, high = config.noise_dbfs
    noise = 10 ** ((low + (high - low) * _uniform(twice, generator)) / 20)
    hiss = distributed.randn(twice.shape, generator, twice.device, twice.dtype)
    return Views(gains * tilted + noise * hiss, chosen)


def partners(tensor: Tensor) -> Tensor:
    """(2 B, ...) with the two views of each crop exchanged."""
    return tensor.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)  # type: ignore[no-untyped-call, no-any-return]


def _uniform(like: Tensor, generator: Generator) -> Tensor:
    """A number between 0 and 1 for each waveform (B, 1)."""
    return distributed.rand((len(like), 1), generator, like.device, like.dtype)


def _played(waveform: Tensor, rates: Tensor) -> Tensor:
    """(B, samples) played at `rates` (B), with silence after what ends early. Between samples by a straight line: the
    treble it takes is one more change.
    """
    samples = waveform.shape[1]
    positions = torch.arange(samples, device=waveform.device) * rates[:, None]
    before = positions.long().clamp_max(samples - 1)
    after = (before + 1).clamp_max(samples - 1)
    share = positions - before
    played = waveform.gather(1, before) * (1 - share) + waveform.gather(1, after) * share
    return played * (positions <= samples - 1)


def _excerpts(waveform: Tensor, share: float, shortest: int, generator: Generator) -> Tensor:
    """The crops, of `share` of which a part of at least `shortest` samples is left."""
    if share == 0:
        return waveform
    samples = waveform.shape[1]
    cut = _uniform(waveform, generator) < share
    length = shortest + _uniform(waveform, generator) * (samples - shortest)
    start = _uniform(waveform, generator) * (samples - length)
    position = torch.arange(samples, device=waveform.device)
    inside = (position >= start) & (position < start + length)
    return waveform * (inside | ~cut)
