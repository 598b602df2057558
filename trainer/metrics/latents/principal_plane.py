"""Projection of points onto the plane of their two largest principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """`centre` [dims], two orthonormal `axes` [2, dims], and their `shares` [2] of the points' variance."""

    centre: Values
    axes: Values
    shares: Values

    def project(self, values: NDArray[np.floating]) -> Values:
        """Coordinates of `values` [n, dims] on the plane [n, 2]."""
        coordinates: Values = (values.astype(np.float64) - self.centre) @ self.axes.T
        return coordinates


def principal_plane(values: NDArray[np.floating]) -> Plane:
    """The plane of largest variance of `values` [n, dims] (PCA; Pearson 1901).

    The largest component of each axis is positive, so that the sign is reproducible. Raises ValueError with fewer than
    three points or two dimensions.
    """
    n, dims = values.shape
    if n < 3 or dims < 2:
        raise ValueError(f"a plane needs at least three points of two dimensions, not {n} of {dims}")
    wide = values.astype(np.float64)
    centre = wide.mean(0)
    _, lengths, directions = np.linalg.svd(wide - centre, full_matrices=False)
    axes = directions[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    variances = lengths**2
    total = max(float(variances.sum()), np.finfo(np.float64).tiny)
    return Plane(centre, axes * np.where(largest < 0, -1.0, 1.0), variances[:2] / total)
