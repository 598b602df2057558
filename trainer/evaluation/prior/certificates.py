"""Certified upper bounds on the KL from the prior, for every block of a module's dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.report_rows import Row
from trainer.evaluation.selection import evenly_spaced
from trainer.metrics.prior.certificate import NOISE, certify, dimension_blocks, standardise

BLOCK = 2
"""Dimensions per certificate: their capacity at noise variance 0.1 is well below the upper bound for 1000 frames."""
_MAX_FRAMES = 2_000
_DIGITS = 5
Values = NDArray[np.float64]
Codes = NDArray[np.int64]


def certificate_rows(means: Sequence[Values], size: int = BLOCK, noise: float = NOISE) -> list[Row]:
    """One certificate per block of `size` dimensions that vary.

    `means`: posterior means (L, D) of each clip. Every other clip sets the standardisation; the others are certified.
    """
    reference, _ = thin_frames(means[1::2], _MAX_FRAMES)
    values, groups = thin_frames(means[::2], _MAX_FRAMES)
    rows = []
    for block in dimension_blocks(values.shape[1], size):
        varying = [dim for dim in block if reference[:, dim].std() > 0]
        if varying:
            found = certify(standardise(values[:, varying], reference[:, varying]), groups, noise)
            row = {
                name: value if isinstance(value, bool) else round(value, _DIGITS)
                for name, value in asdict(found).items()
            }
            rows.append({"dims": varying, "noise": noise, **row})
    return rows


def thin_frames(clips: Sequence[Values], limit: int) -> tuple[Values, Codes]:
    """About `limit` frames [N, D], the same number of evenly spaced ones per clip, and the clip index of each [N]."""
    per_clip = max(1, limit // len(clips))
    taken = [clip[evenly_spaced(len(clip), per_clip)] for clip in clips]
    return np.concatenate(taken), np.repeat(np.arange(len(taken)), [len(part) for part in taken])
