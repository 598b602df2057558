"""Perceptual evaluation of speech quality, PESQ wide band (ITU-T P.862.2)."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

_RATE = 16_000
_MOST_SECONDS = 20.0
"""The reference code has room for 50 utterances, each of which, like the pause after it, lasts 0.2 s at least; what is
beyond that it writes where it must not.
"""


def pesq(original: NDArray[np.float32], decoded: NDArray[np.float32], sample_rate: int) -> float | None:
    """MOS-LQO, 1 to 4.64, of `decoded` against `original` [samples], both brought to 16 kHz; None where PESQ finds no
    utterance, or the clip lasts under 0.25 s or over 20 s. Raises ImportError without pesq.
    """
    from pesq import PesqError
    from pesq import pesq as score

    if len(original) > _MOST_SECONDS * sample_rate or not original.any() or not decoded.any():
        return None
    pair = [original, decoded]
    if sample_rate != _RATE:
        pair = [soxr.resample(wave, sample_rate, _RATE, quality="HQ") for wave in pair]
    found = float(score(_RATE, *pair, "wb", on_error=PesqError.RETURN_VALUES))
    return found if found >= 0 else None
