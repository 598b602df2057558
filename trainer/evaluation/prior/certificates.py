"""A certificate for every block of a module's dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.selection import spread
from trainer.metrics.prior.certificate import NOISE, blocks, certify, standardised

BLOCK = 2
"""Dimensions certified together: their capacity at s^2 = .1 lies well under the ceiling that 1000 frames have."""
_FRAMES = 2_000
_DIGITS = 5
Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Row = dict[str, Any]


def certificate_rows(means: Sequence[Values], size: int = BLOCK, noise: float = NOISE) -> list[Row]:
    """A certificate of each block of dimensions that vary: standardised by every other clip, of the rest."""
    by, _ = thinned(means[1::2], _FRAMES)
    values, groups = thinned(means[::2], _FRAMES)
    rows = []
    for block in blocks(values.shape[1], size):
        varying = [dim for dim in block if by[:, dim].std() > 0]
        if varying:
            found = certify(standardised(values[:, varying], by[:, varying]), groups, noise)
            row = {
                name: value if isinstance(value, bool) else round(value, _DIGITS)
                for name, value in asdict(found).items()
            }
            rows.append({"dims": varying, "noise": noise, **row})
    return rows


def thinned(clips: Sequence[Values], most: int) -> tuple[Values, Codes]:
    """About `most` frames [n, dims], as many of each clip and evenly spread, and the number of the clip of each [n]."""
    each = max(1, most // len(clips))
    taken = [clip[spread(len(clip), each)] for clip in clips]
    return np.concatenate(taken), np.repeat(np.arange(len(taken)), [len(part) for part in taken])
