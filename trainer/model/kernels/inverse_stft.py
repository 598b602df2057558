"""From short-time spectra back to a waveform, for inference alone."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def inverse_stft(spectrum: Tensor, hop: int) -> Tensor:
    """Frames (B, frames, bins), each centred on a multiple of `hop` and seen through a Hann window of 2 * (bins - 1)
    samples, -> the waveform (B, (frames - 1) * hop) whose STFT is nearest (Griffin and Lim 1984, eq. 6).

    What torch.istft gives, within rounding, in half its time: of a second of sound that is taken by the checks it makes
    and by weights that are always the same.
    """
    length, frames = 2 * (spectrum.shape[2] - 1), spectrum.shape[1]
    pieces = torch.fft.irfft(spectrum, length).mul_(_window(length))
    covered = slice(length // 2, length // 2 + (frames - 1) * hop)
    return _overlap_added(pieces, hop)[:, covered].div_(_weight(length, hop, frames)[:, covered])


def _overlap_added(pieces: Tensor, hop: int) -> Tensor:
    """Pieces (B, frames, length), each begun a `hop` after the one before, summed: (B, at least their whole extent)."""
    batch, frames, length = pieces.shape
    starts = range(0, length, hop)
    summed = pieces.new_zeros(batch, frames + len(starts) - 1, hop)
    for later, start in enumerate(starts):
        part = pieces[:, :, start : start + hop]
        summed[:, later : later + frames, : part.shape[2]].add_(part)
    return summed.view(batch, -1)


@lru_cache(maxsize=8)
def _window(length: int) -> Tensor:
    return torch.hann_window(length)


@lru_cache(maxsize=8)
def _weight(length: int, hop: int, frames: int) -> Tensor:
    """How much of each sample all windows together let through, by which it is divided."""
    return _overlap_added(_window(length).square().expand(1, frames, -1), hop)
