"""Two augmented views of each crop, for positive pairs that share only the speech content."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from trainer.config import AugmentationConfig
from trainer.runtime import distributed

_MIN_SEGMENT_SECONDS = 0.25


class Views(NamedTuple):
    """`waveforms` (2 B, samples), the two views of a crop next to each other, and their playback `speeds` (2 B)."""

    waveforms: Tensor
    speeds: Tensor


def make_views(waveform: Tensor, config: AugmentationConfig, sample_rate: int, generator: Generator) -> Views:
    """Two views of each crop of (B, samples): time crop (shared by both), speed, spectral tilt, gain and noise."""
    shortest = min(waveform.shape[1], round(_MIN_SEGMENT_SECONDS * sample_rate))
    crops = _time_crop(waveform, config.time_crop_probability, shortest, generator).repeat_interleave(2, 0)
    choices = torch.tensor(config.speeds, device=waveform.device)
    speeds = choices[(_uniform(crops, generator) * len(choices)).long().flatten()]
    views = _change_speed(crops, speeds)
    tilted = views.clone()
    tilted[:, 1:] += config.tilt * (2 * _uniform(crops, generator) - 1) * views[:, :-1]
    gains = 10 ** (config.gain_db * (2 * _uniform(crops, generator) - 1) / 20)
    low, high = config.noise_dbfs
    noise_rms = 10 ** ((low + (high - low) * _uniform(crops, generator)) / 20)
    noise = distributed.randn(crops.shape, generator, crops.device, crops.dtype)
    return Views(gains * tilted + noise_rms * noise, speeds)


def other_view(tensor: Tensor) -> Tensor:
    """(2 B, ...) with the two views of each crop exchanged."""
    return tensor.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)  # type: ignore[no-untyped-call, no-any-return]


def _uniform(like: Tensor, generator: Generator) -> Tensor:
    """One uniform number in [0, 1) per waveform: (B, 1)."""
    return distributed.rand((len(like), 1), generator, like.device, like.dtype)


def _change_speed(waveform: Tensor, speeds: Tensor) -> Tensor:
    """(B, samples) resampled to `speeds` (B), with silence after the end. Linear interpolation; its loss of high
    frequencies is part of the augmentation.
    """
    samples = waveform.shape[1]
    positions = torch.arange(samples, device=waveform.device) * speeds[:, None]
    before = positions.long().clamp_max(samples - 1)
    after = (before + 1).clamp_max(samples - 1)
    fraction = positions - before
    resampled = waveform.gather(1, before) * (1 - fraction) + waveform.gather(1, after) * fraction
    return resampled * (positions <= samples - 1)


def _time_crop(waveform: Tensor, probability: float, shortest: int, generator: Generator) -> Tensor:
    """(B, samples), each with `probability` silenced outside a random segment of at least `shortest` samples."""
    if probability == 0:
        return waveform
    samples = waveform.shape[1]
    cropped = _uniform(waveform, generator) < probability
    length = shortest + _uniform(waveform, generator) * (samples - shortest)
    start = _uniform(waveform, generator) * (samples - length)
    position = torch.arange(samples, device=waveform.device)
    inside = (position >= start) & (position < start + length)
    return waveform * (inside | ~cropped)
