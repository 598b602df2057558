"""Effective sample size of autocorrelated frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def autocorrelation(clips: Sequence[Values]) -> Values:
    """Autocorrelation of one dimension over several `clips` [frames] each, for lags 0 to the longest clip [lags].

    The mean is taken over all clips, so a dimension that is constant within each clip has autocorrelation 1 at every
    lag.
    """
    whole = np.concatenate(clips)
    mean, lags = whole.mean(), max(map(len, clips))
    products, counts = np.zeros(lags), np.zeros(lags)
    for clip in clips:
        size = len(clip)
        spectrum = np.fft.rfft(clip - mean, 2 * size)
        products[:size] += np.fft.irfft(np.abs(spectrum) ** 2, 2 * size)[:size]
        counts[:size] += np.arange(size, 0, -1)
    covariances = products / np.maximum(counts, 1)
    correlations: Values = covariances / covariances[0] if covariances[0] > 0 else np.eye(1, lags)[0]
    return correlations


def effective_size(clips: Sequence[Values]) -> float:
    """Number of independent values whose mean has the same variance as the mean over all frames of `clips`.

    n / (1 + 2 * sum of autocorrelations), with the sum truncated where two successive autocorrelations together are not
    positive (Geyer 1992, initial positive sequence). Between 1 and n; for a dimension that is constant within each clip
    it is the number of clips.
    """
    count = sum(map(len, clips))
    correlations = autocorrelation(clips)
    lengths = np.sort([len(clip) for clip in clips])
    # Share of all frames that have another frame of their clip at each lag
    lags = np.arange(len(correlations))
    first = np.searchsorted(lengths, lags, side="right")
    remaining = np.concatenate([np.cumsum(lengths[::-1])[::-1], [0]])[first] - lags * (len(lengths) - first)
    weighted = correlations * remaining / count
    pairs = weighted[1 : len(weighted) // 2 * 2 - 1].reshape(-1, 2).sum(1) if len(weighted) > 3 else weighted[1:]
    ends = np.flatnonzero(pairs <= 0)
    total = pairs[: ends[0] if len(ends) else len(pairs)].sum()
    return float(np.clip(count / (1 + 2 * total), 1, count))
