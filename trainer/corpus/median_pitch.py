"""The fundamental frequency of voiced stretches, by autocorrelation: the synthetic corpus's label f0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.audio.pitch import Autocorrelation, vertex

_PERIODS = 3.0  # in an analysis frame, of the lowest pitch looked for
_VOICED = 0.5  # least normalised autocorrelation of a frame that counts


def median_f0(
    wave: NDArray[Any], sample_rate: int, spans: Iterable[tuple[float, float]], near: float, octaves: float = 0.65
) -> float | None:
    """Median F0, in Hz, over the frames within `spans` (seconds) of `wave` [samples]; None where no frame is voiced.

    Looks within `octaves` of `near` Hz, so that a rough voice's subharmonics are not taken for its pitch.
    """
    low, high = near * 2**-octaves, near * 2**octaves
    size = round(_PERIODS * sample_rate / low)
    first, last = int(sample_rate / high), int(np.ceil(sample_rate / low))
    autocorrelation = Autocorrelation(size, last + 2)
    found: list[float] = []
    for start, end in spans:
        for begin in range(round(start * sample_rate), round(end * sample_rate) - size + 1, size // 3):
            correlation = autocorrelation(wave[begin : begin + size])
            peak = first + int(np.argmax(correlation[first : last + 1]))
            before, here, after = correlation[peak - 1 : peak + 2]
            if here >= _VOICED and here > before and here >= after:
                offset, _ = vertex(before, here, after)
                found.append(sample_rate / (peak + float(offset)))
    return float(np.median(found)) if found else None
