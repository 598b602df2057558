"""Mel-cepstral distortion of a decoded clip: spectral envelope difference in dB, independent of loudness."""

from __future__ import annotations

import numpy as np

from trainer.metrics.speech.log_mel_distance import Spectrogram, difference

COEFFICIENTS = 13
_NEPER_DB = 20 / np.log(10)  # dB per neper of amplitude


def mel_cepstral_distortion(original: Spectrogram, decoded: Spectrogram) -> float:
    """Mean over frames of 10 / ln 10 * sqrt(2 sum_m (c_m - c'_m)^2), m = 1 .. 13, in dB (Kubichek 1993).

    `original` and `decoded`: log-mel spectrograms [bands, frames] in dB of the same length; frames are compared without
    time warping. c_m is the cosine transform of the log amplitude of the mel bands, scaled as a cepstrum:
    log amplitude = c_0 + sum_m c_m cos(pi m (b + 1/2) / bands). The result is the RMS difference of two envelopes in
    dB; values differ from those of programs that fit mel-generalised cepstra to the waveform.
    """
    bands = original.shape[0]
    order, band = np.arange(1, COEFFICIENTS + 1), np.arange(bands) + 0.5
    cosines = 2 / bands * np.cos(np.pi * order[:, None] * band / bands)
    change = cosines @ (difference(original, decoded) / _NEPER_DB)
    return float((10 / np.log(10) * np.sqrt(2 * (change**2).sum(0))).mean())
