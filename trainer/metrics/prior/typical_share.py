"""Share of draws from the prior that look like frames of a corpus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.metrics.prior.typicality import cumulative_shares, distances, two_sided, typicality_reference

DRAWS = 1000
LEVEL = 0.05
"""A frame is typical if its two-sided share is at least this; 95 % of the corpus's frames are."""


def typical_share(clips: Sequence[NDArray[np.float64]], seed: int = 0) -> float | None:
    """Share of DRAWS draws from N(0, I) whose distance to frames of `clips` (L, D) is typical of these frames.

    0.95 if the frames are distributed as the prior. None if the clips are too few or too short for a reference.
    """
    reference = typicality_reference([torch.from_numpy(clip.T).float() for clip in clips])
    if reference is None:
        return None
    drawn = np.random.default_rng(seed).normal(size=(clips[0].shape[1], DRAWS)).astype(np.float32)
    shares = two_sided(cumulative_shares(distances(torch.from_numpy(drawn), reference), reference))
    return float((shares >= LEVEL).mean())
