"""PESQ, wide band (ITU-T P.862.2): perceptual evaluation of speech quality."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

_RATE = 16_000
_MAX_SECONDS = 20.0
"""The reference code has room for 50 utterances; an utterance and the pause after it each last at least 0.2 s. Longer
input makes it write out of bounds.
"""


def pesq(original: NDArray[np.float32], decoded: NDArray[np.float32], sample_rate: int) -> float | None:
    """MOS-LQO, 1 to 4.64, of `decoded` against `original` [samples], both resampled to 16 kHz.

    None if PESQ finds no utterance or the clip is shorter than 0.25 s or longer than 20 s. Raises ImportError without
    the pesq package.
    """
    from pesq import PesqError
    from pesq import pesq as score

    if len(original) > _MAX_SECONDS * sample_rate or not original.any() or not decoded.any():
        return None
    pair = [original, decoded]
    if sample_rate != _RATE:
        pair = [soxr.resample(wave, sample_rate, _RATE, quality="HQ") for wave in pair]
    mos = float(score(_RATE, *pair, "wb", on_error=PesqError.RETURN_VALUES))
    return mos if mos >= 0 else None
