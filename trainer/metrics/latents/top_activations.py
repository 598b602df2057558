"""Strongest activations of a dimension, at most one per neighbourhood of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def top_activations(
    values: NDArray[np.floating],
    recording: NDArray[np.int64],
    seconds: NDArray[np.float64],
    count: int,
    min_distance: float,
) -> list[int]:
    """Indices of at most `count` largest `values` [n], largest first.

    Of frames of one `recording` [n] whose times `seconds` [n] are less than `min_distance` apart, only the largest is
    taken.
    """
    taken: list[int] = []
    for index in np.argsort(-values, kind="stable").tolist():
        close = np.abs(seconds[taken] - seconds[index]) < min_distance
        if not (close & (recording[taken] == recording[index])).any():
            taken.append(index)
        if len(taken) == count:
            break
    return taken


def playback_span(
    time: float, phone: tuple[float, float] | None, min_seconds: float, duration: float
) -> tuple[float, float]:
    """Span to play around `time`: its `phone` if known, widened evenly to `min_seconds` within the clip.

    All in seconds; `duration` is that of the clip.
    """
    start, end = phone if phone is not None else (time, time)
    more = max(0.0, min_seconds - (end - start)) / 2
    start, end = max(0.0, start - more), min(duration, end + more)
    if end - start < min_seconds:  # at an edge of the clip
        start, end = max(0.0, min(start, end - min_seconds)), min(duration, max(end, start + min_seconds))
    return start, end
