"""The moments that drive a dimension farthest, no two of them from the same stretch of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def farthest(
    values: NDArray[np.floating], recording: NDArray[np.int64], seconds: NDArray[np.float64], count: int, apart: float
) -> list[int]:
    """At most `count` indices of the largest `values` [n], largest first. Of two moments of one `recording` [n] whose
    `seconds` [n] lie less than `apart` from each other only the larger is taken.
    """
    taken: list[int] = []
    for index in np.argsort(-values, kind="stable").tolist():
        near = np.abs(seconds[taken] - seconds[index]) < apart
        if not (near & (recording[taken] == recording[index])).any():
            taken.append(index)
        if len(taken) == count:
            break
    return taken


def span_around(at: float, phone: tuple[float, float] | None, least: float, duration: float) -> tuple[float, float]:
    """What to play of a clip of `duration` to hear what is at the moment `at`: its `phone`, if known, widened evenly to
    `least` within the clip. All in seconds.
    """
    start, end = phone if phone is not None else (at, at)
    more = max(0.0, least - (end - start)) / 2
    start, end = max(0.0, start - more), min(duration, end + more)
    if end - start < least:  # at a border of the clip
        start, end = max(0.0, min(start, end - least)), min(duration, max(end, start + least))
    return start, end
