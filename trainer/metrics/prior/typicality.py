"""Typicality of single frames: their distance to frames of a corpus, compared with the distances within the corpus.

The distance of a frame is its mean distance to the k nearest reference frames (Harmeling et al. 2006, "From outliers to
prototypes", the index gamma). Unlike the norm, which a sample of N(0, I) reproduces, it depends on the whole
distribution: a sample of the prior passes only if the latents are distributed like the prior. A frame in the middle of
all others, such as zeros, is too near.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.bundle.typicality import NEAREST, QUANTILES, REFERENCE_FRAMES, TypicalityReference

CALIBRATION_FRAMES = 4096
MIN_SCALE = 0.1
"""Minimum scale of a dimension, as a share of the largest one. See `typicality_reference`."""
_MAX_VALUE = 1e6  # in units of the scale; squares stay finite in float32


def typicality_reference(clips: Sequence[Tensor]) -> TypicalityReference | None:
    """Reference of one module from the posterior means (D, L) of several clips.

    The reference frames and the frames for calibration are evenly spaced over all clips and time. A frame is calibrated
    against the reference frames of other clips, since neighbours in time are closer than a new recording's.

    A dimension's scale is its standard deviation over the corpus, so the distance does not depend on units, which are
    arbitrary in a deterministic encoder. It is at least MIN_SCALE of the largest: the means of collapsed dimensions
    hardly vary, and at unit scale their noise would dominate. They still count: a sample of the prior varies there.

    None with fewer than two clips, with fewer than NEAREST reference frames of other clips, or if no dimension varies.
    """
    means = torch.cat(list(clips), dim=1).float().T
    owner = torch.repeat_interleave(torch.arange(len(clips)), torch.tensor([clip.shape[1] for clip in clips]))
    sd = means.std(0, correction=0)
    chosen = _evenly_spaced(len(means), REFERENCE_FRAMES)
    counts = torch.bincount(owner[chosen], minlength=len(clips))
    if float(sd.max()) == 0.0 or int(counts.sum() - counts.max()) < NEAREST:
        return None
    scale = sd.clamp(min=MIN_SCALE * float(sd.max()))
    frames = (means[chosen] / scale).half().float()  # as stored
    sample = _evenly_spaced(len(means), CALIBRATION_FRAMES)
    squares = _squared_distances(means[sample] / scale, frames)
    squares[owner[sample][:, None] == owner[chosen][None, :]] = torch.inf
    quantiles = np.quantile(_mean_of_nearest(squares).numpy(), np.linspace(0, 1, QUANTILES))
    return TypicalityReference(frames, scale, torch.from_numpy(quantiles).float())


def distances(latents: Tensor, reference: TypicalityReference) -> NDArray[np.float32]:
    """Mean distance of each frame of `latents` (D, L) to its NEAREST reference frames, in units of the scale [L]."""
    scaled = (latents.T / reference.scale).nan_to_num(nan=_MAX_VALUE).clamp(-_MAX_VALUE, _MAX_VALUE)
    found: NDArray[np.float32] = _mean_of_nearest(_squared_distances(scaled, reference.frames)).numpy()
    return found


def cumulative_shares(distance: NDArray[np.float32], reference: TypicalityReference) -> NDArray[np.float64]:
    """F(d) of each distance: the share of corpus frames that are nearer [L]; 0 and 1 beyond all of them."""
    quantiles = reference.quantiles.numpy()
    return np.interp(distance, quantiles, np.linspace(0.0, 1.0, len(quantiles)), left=0.0, right=1.0)


def two_sided(cumulative: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 min(F, 1 - F): uniform for frames of the corpus; 0 for a frame nearer or farther than every corpus frame."""
    shares: NDArray[np.float64] = 2 * np.minimum(cumulative, 1 - cumulative)
    return shares


def _squared_distances(frames: Tensor, references: Tensor) -> Tensor:
    """[L, D], [N, D] -> [L, N], by one matrix product."""
    norms = (references**2).sum(1)
    return torch.addmm(norms, frames, references.T, alpha=-2.0).add_((frames**2).sum(1, keepdim=True)).clamp_(min=0.0)


def _mean_of_nearest(squares: Tensor) -> Tensor:
    """Mean distance to the NEAREST nearest of [L, N] squared distances -> [L]."""
    return squares.topk(NEAREST, dim=1, largest=False, sorted=False).values.sqrt_().mean(1)


def _evenly_spaced(count: int, limit: int) -> Tensor:
    """At most `limit` indices out of `count`, evenly spaced."""
    return torch.from_numpy(np.linspace(0, count - 1, min(count, limit)).round().astype(np.int64))
