"""How many independent samples frames are worth: neighbours in time are alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def autocorrelation(clips: Sequence[Values]) -> Values:
    """Of one dimension over the frames of several `clips` [frames] each, lag 0 up to the longest clip, about the mean
    over all of them. A dimension that stays where it is within a clip is as alike at all lags.
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
    found: Values = covariances / covariances[0] if covariances[0] > 0 else np.eye(1, lags)[0]
    return found


def effective_size(clips: Sequence[Values]) -> float:
    """The number of independent values whose mean varies as much as that of the frames of `clips`: n over the sum of
    autocorrelations, which ends where two neighbouring ones together are not positive (Geyer 1992, initial positive
    sequence). At least 1, at most n; what differs from clip to clip alone is worth the number of clips.
    """
    count = sum(map(len, clips))
    found = autocorrelation(clips)
    lengths = np.sort([len(clip) for clip in clips])
    # Of all frames, the share that has another one so far away in its clip
    lags = np.arange(len(found))
    first = np.searchsorted(lengths, lags, side="right")
    behind = np.concatenate([np.cumsum(lengths[::-1])[::-1], [0]])[first] - lags * (len(lengths) - first)
    weighted = found * behind / count
    pairs = weighted[1 : len(weighted) // 2 * 2 - 1].reshape(-1, 2).sum(1) if len(weighted) > 3 else weighted[1:]
    ends = np.flatnonzero(pairs <= 0)
    total = pairs[: ends[0] if len(ends) else len(pairs)].sum()
    return float(np.clip(count / (1 + 2 * total), 1, count))
