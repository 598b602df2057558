"""A plane through points of many dimensions, for them to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """`centre` [dims] and two `axes` [2, dims] of unit length at right angles; `shares` [2] of the points' variance
    lie along them.
    """

    centre: Values
    axes: Values
    shares: Values

    def project(self, values: NDArray[np.floating]) -> Values:
        """Where `values` [n, dims] lie on the plane [n, 2]."""
        places: Values = (values.astype(np.float64) - self.centre) @ self.axes.T
        return places


def principal_plane(values: NDArray[np.floating]) -> Plane:
    """The plane of `values` [n, dims] that holds most of their variance (PCA; Pearson 1901). Of an axis's two
    directions it takes the one in which its largest part is positive, so that a map looks the same tomorrow. Raises
    ValueError where there are fewer than three points, or two dimensions.
    """
    n, dims = values.shape
    if n < 3 or dims < 2:
        raise ValueError(f"a plane takes three points of two dimensions; these are {n} of {dims}")
    wide = values.astype(np.float64)
    centre = wide.mean(0)
    _, lengths, directions = np.linalg.svd(wide - centre, full_matrices=False)
    axes = directions[:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    variances = lengths**2
    total = max(float(variances.sum()), np.finfo(np.float64).tiny)
    return Plane(centre, axes * np.where(largest < 0, -1.0, 1.0), variances[:2] / total)
