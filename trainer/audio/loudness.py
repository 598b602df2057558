"""Loudness of speech and detection of silence, from the RMS of short segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.audio.read import Waveform

SILENT_DBFS = -60.0
"""A recording is silent if the RMS of each segment is below this level, in dB re full scale."""

_SEGMENT_SAMPLES = 512


def loudness_gain(waveform: Waveform, target_dbfs: float) -> float:
    """Factor that scales the speech in `waveform` [samples] to an RMS of `target_dbfs` (dB re full scale).

    The RMS is over the segments within 30 dB of the loudest one, so that pauses do not count. At most 60 dB are added.
    """
    power = _segment_power(waveform)
    if power.max() == 0:
        return 1.0
    level = power[power >= power.max() * 1e-3].mean()
    return float(min(10 ** (target_dbfs / 20) / np.sqrt(level), 1e3))


def is_silent(waveform: Waveform) -> bool:
    """Whether all segments of `waveform` [samples] are below SILENT_DBFS."""
    return bool(_segment_power(waveform).max() < 10 ** (SILENT_DBFS / 10))


def _segment_power(waveform: Waveform) -> NDArray[np.float64]:
    """Mean square of each complete segment of `waveform` [samples], or of all of it if it is shorter than a segment."""
    length = min(_SEGMENT_SAMPLES, len(waveform))
    segments = waveform[: len(waveform) // length * length].astype(np.float64).reshape(-1, length)
    return np.asarray((segments**2).mean(axis=1))
