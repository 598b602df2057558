"""Mel-cepstral distortion: how far a decoded clip's spectral envelope is from the original's, in dB, whatever the
loudness and without the fine structure of the spectrum.
"""

from __future__ import annotations

import numpy as np

from trainer.metrics.speech.log_mel_distance import Spectrogram, difference

COEFFICIENTS = 13
_NEPER_DB = 20 / np.log(10)  # of an amplitude


def mel_cepstral_distortion(original: Spectrogram, decoded: Spectrogram) -> float:
    """10 / ln 10 sqrt(2 sum_m (c_m - c'_m)^2) over m = 1 .. 13, its mean over all frames (Kubichek 1993), of two
    log-mel spectrograms [bands, frames] in dB.

    The frames are those of one moment: both clips are of one length, and none is warped. c_m are the cosine transform
    of the log amplitude of the mel bands, scaled as a cepstrum is: log amplitude = c_0 + sum_m c_m cos(pi m (b + 1/2) /
    bands). So a figure here is the root mean square dB between two envelopes; programs that fit mel-generalised
    cepstra to the waveform instead give others.
    """
    bands = original.shape[0]
    order, band = np.arange(1, COEFFICIENTS + 1), np.arange(bands) + 0.5
    cosines = 2 / bands * np.cos(np.pi * order[:, None] * band / bands)
    change = cosines @ (difference(original, decoded) / _NEPER_DB)
    return float((10 / np.log(10) * np.sqrt(2 * (change**2).sum(0))).mean())
