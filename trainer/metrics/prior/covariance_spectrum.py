"""Covariance spectrum of latents and the KL divergence of the moment-matched Gaussian from N(0, I)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def covariance_spectrum(values: Values) -> Values:
    """Eigenvalues of the covariance of `values` [n, dims], largest first [dims]: all 1 for N(0, I)."""
    covariance = np.atleast_2d(np.cov(values.astype(np.float64), rowvar=False, bias=True))
    return np.linalg.eigvalsh(covariance)[::-1].astype(np.float64)


def marchenko_pastur_edges(dims: int, n: float) -> tuple[float, float]:
    """Limits of the spectrum of `n` independent draws from N(0, I) in `dims` dimensions (Marchenko and Pastur 1967)."""
    ratio = np.sqrt(dims / n)
    return float((1 - ratio) ** 2 if n > dims else 0.0), float((1 + ratio) ** 2)


def gaussian_kl(values: Values) -> float:
    """KL(N(m, S) || N(0, I)) in nats, with m and S the mean and covariance of `values` [n, dims].

    A lower bound on the KL of the distribution itself, exact if that is Gaussian. inf if the covariance is singular.
    """
    spectrum = covariance_spectrum(values)
    if (spectrum <= 0).any():
        return float("inf")
    return float(0.5 * (spectrum.sum() + (values.mean(0) ** 2).sum() - values.shape[1] - np.log(spectrum).sum()))
