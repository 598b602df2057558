"""How smooth a path is: of a log-mel spectrogram, say, while its latents move evenly. Three figures without a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PathShape:
    """Of a path: `length`, the sum of its steps, and `distance` from end to end (both L2); `largest`, the largest step
    over the mean one (1: all are even); `same_way`, the share of all movement, value by value, that goes the way that
    value goes from end to end (1: no value ever turns back; 0.5: each comes back to where it began).

    Steps as a whole, taken as vectors of thousands of values, go on within a right angle of the one before and of the
    way from end to end wherever a decoder is continuous, so their share says nothing; that of single values does.
    """

    length: float
    distance: float
    largest: float
    same_way: float


def path_shape(points: NDArray[np.floating]) -> PathShape | None:
    """The shape of a path through points [steps + 1, values], in as many steps; None where nothing moves."""
    steps = np.diff(points.astype(np.float64), axis=0)
    lengths, way = np.linalg.norm(steps, axis=1), steps.sum(0)
    if not lengths.any():
        return None
    return PathShape(
        length=float(lengths.sum()),
        distance=float(np.linalg.norm(way)),
        largest=float(lengths.max() / lengths.mean()),
        same_way=float((1 + np.abs(way).sum() / np.abs(steps).sum()) / 2),
    )


@dataclass(frozen=True)
class Smoothness:
    """Of some paths together: `length_over_distance`, their lengths over their distances, both summed, so that a path
    which ends near where it began does not outweigh all others (1: all are straight); `largest_step` and `same_way`,
    means over the paths. None: no path tells.
    """

    length_over_distance: float | None
    largest_step: float | None
    same_way: float | None


def smoothness(shapes: Sequence[PathShape | None]) -> Smoothness:
    """Of paths, those left out that stand still."""
    moving = [shape for shape in shapes if shape is not None]
    if not moving:
        return Smoothness(None, None, None)
    distance = sum(shape.distance for shape in moving)
    return Smoothness(
        length_over_distance=sum(shape.length for shape in moving) / distance if distance > 0 else None,
        largest_step=float(np.mean([shape.largest for shape in moving])),
        same_way=float(np.mean([shape.same_way for shape in moving])),
    )
