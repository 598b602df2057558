"""Dynamic time warping (DTW) between sequences of frames, many pairs at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]
Distances = NDArray[np.float64]
_BATCH = 2048
_TINY = 1e-12


def unit_frames(frames: Frames) -> Frames:
    """`frames` [..., D] scaled to unit length; zeros stay zeros."""
    unit: Frames = (frames / np.maximum(np.linalg.norm(frames, axis=-1, keepdims=True), _TINY)).astype(np.float32)
    return unit


def angular_distances(cosines: NDArray[np.floating]) -> Distances:
    """Angles between directions as a share of pi, 0 to 1, from their cosines (any shape)."""
    angles: Distances = np.arccos(np.clip(cosines, -1.0, 1.0)).astype(np.float64) / np.pi
    return angles


def warped_distances(left: Sequence[Frames], right: Sequence[Frames]) -> Distances:
    """DTW distance of each pair of sequences [pairs], from `left` [L1, D] and `right` [L2, D] of unit frames.

    The angular distance is summed along the path with the smallest sum, of the steps (1, 0), (0, 1) and (1, 1), and
    divided by the number of frame pairs on that path (Schatz et al. 2013, Interspeech, section 3).
    """
    order = np.argsort([len(one) * len(other) for one, other in zip(left, right, strict=True)])
    found = np.empty(len(order))
    for first in range(0, len(order), _BATCH):  # pairs of similar length together
        chosen = order[first : first + _BATCH]
        found[chosen] = _warp_batch([left[i] for i in chosen], [right[i] for i in chosen])
    return found


def _warp_batch(left: Sequence[Frames], right: Sequence[Frames]) -> Distances:
    cosines = _padded(left) @ _padded(right).transpose(0, 2, 1)
    costs = angular_distances(cosines).transpose(1, 2, 0)  # [L1, L2, pairs]
    rows, width, pairs = costs.shape
    # One row and column of infinite cost before the first frames; a path starts at (0, 0)
    total = np.full((width + 1, pairs), np.inf)
    steps = np.zeros((width + 1, pairs))
    total[0] = 0.0
    ends_row, ends_column = (np.array([len(one) for one in side]) for side in (left, right))
    found, every = np.empty(pairs), np.arange(pairs)
    for row in range(rows):
        row_total, row_steps = np.full_like(total, np.inf), np.zeros_like(steps)
        for column in range(width):
            before = np.stack([total[column], total[column + 1], row_total[column]])
            lengths = np.stack([steps[column], steps[column + 1], row_steps[column]])
            best = before.argmin(0)
            row_total[column + 1] = before[best, every] + costs[row, column]
            row_steps[column + 1] = lengths[best, every] + 1
        total, steps = row_total, row_steps
        finished = np.flatnonzero(ends_row == row + 1)
        columns = ends_column[finished]
        found[finished] = total[columns, finished] / steps[columns, finished]
    return found


def _padded(sequences: Sequence[Frames]) -> Frames:
    """[pairs, longest, D], filled with zeros after the end of each sequence."""
    longest = max(map(len, sequences))
    padded = np.zeros((len(sequences), longest, sequences[0].shape[1]), dtype=np.float32)
    for place, one in zip(padded, sequences, strict=True):
        place[: len(one)] = one
    return padded
