"""Smoothness of a path, for example of a log-mel spectrogram while latents move in equal steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PathShape:
    """Shape of one path.

    `length`: sum of step lengths; `distance`: from end to end (both L2). `largest_step`: largest over mean step (1:
    equal steps). `same_way`: share of the movement of single values that goes in that value's overall direction (1: no
    value reverses; 0.5: every value returns to its start).

    Direction is measured per value because for a continuous decoder whole steps, as vectors of thousands of values,
    always stay within a right angle of the overall direction.
    """

    length: float
    distance: float
    largest_step: float
    same_way: float


def path_shape(points: NDArray[np.floating]) -> PathShape | None:
    """Shape of the path through `points` [steps + 1, values]; None if nothing moves."""
    steps = np.diff(points.astype(np.float64), axis=0)
    lengths, displacement = np.linalg.norm(steps, axis=1), steps.sum(0)
    if not lengths.any():
        return None
    return PathShape(
        length=float(lengths.sum()),
        distance=float(np.linalg.norm(displacement)),
        largest_step=float(lengths.max() / lengths.mean()),
        same_way=float((1 + np.abs(displacement).sum() / np.abs(steps).sum()) / 2),
    )


@dataclass(frozen=True)
class Smoothness:
    """Smoothness of several paths; None if no path moves.

    `length_over_distance`: summed lengths over summed distances, so that a path that ends near its start does not
    dominate (1: all straight). `largest_step` and `same_way`: means over paths.
    """

    length_over_distance: float | None
    largest_step: float | None
    same_way: float | None


def smoothness(shapes: Sequence[PathShape | None]) -> Smoothness:
    """Smoothness over `shapes`; None entries (paths that do not move) are skipped."""
    moving = [shape for shape in shapes if shape is not None]
    if not moving:
        return Smoothness(None, None, None)
    distance = sum(shape.distance for shape in moving)
    return Smoothness(
        length_over_distance=sum(shape.length for shape in moving) / distance if distance > 0 else None,
        largest_step=float(np.mean([shape.largest_step for shape in moving])),
        same_way=float(np.mean([shape.same_way for shape in moving])),
    )
