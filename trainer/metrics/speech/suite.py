"""The suite of metrics that compare a decoded clip with its original."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.audio.log_mel import LogMel
from trainer.audio.pitch import track_pitch
from trainer.metrics.speech.cepstral_distortion import mel_cepstral_distortion
from trainer.metrics.speech.dnsmos import dnsmos
from trainer.metrics.speech.f0_correlation import f0_correlation
from trainer.metrics.speech.log_mel_distance import log_mel_distance
from trainer.metrics.speech.pesq import pesq
from trainer.metrics.speech.stoi import stoi
from trainer.metrics.speech.swift_f0 import swift_f0
from trainer.metrics.speech.voicing_error import voicing_error

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class AudioFeatures:
    """A clip as the metrics need it.

    `wave` [samples]; `log_mel` [80, frames] in dB and `f0` [frames] in Hz (NaN where unvoiced), both every 10 ms.
    """

    wave: Waveform
    sample_rate: int
    log_mel: NDArray[np.float32]
    f0: NDArray[np.float64]


class FeatureExtractor:
    """Computes AudioFeatures of waveforms [samples] at `sample_rate`."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate, self.log_mel = sample_rate, LogMel(sample_rate)

    def __call__(self, wave: Waveform) -> AudioFeatures:
        log_mel = self.log_mel(torch.from_numpy(wave)).numpy()
        f0 = track_pitch(wave, self.sample_rate, self.log_mel.hop_seconds)
        return AudioFeatures(wave, self.sample_rate, log_mel, f0)


@dataclass(frozen=True)
class SpeechMetric:
    """A metric of (original, decoded); `compute` returns None where it is undefined.

    `package`: an optional dependency that it needs. `reference_free`: it ignores the original, so that it has a value
    for the original itself.
    """

    name: str
    title: str
    compute: Callable[[AudioFeatures, AudioFeatures], float | None]
    package: str | None = None
    reference_free: bool = False

    @property
    def installed(self) -> bool:
        return self.package is None or importlib.util.find_spec(self.package) is not None


SPEECH_METRICS = (
    SpeechMetric(
        "log_mel_distance_db",
        "log-mel distance, dB (lower is better)",
        lambda original, decoded: log_mel_distance(original.log_mel, decoded.log_mel),
    ),
    SpeechMetric(
        "mel_cepstral_distortion_db",
        "mel-cepstral distortion, dB (lower is better)",
        lambda original, decoded: mel_cepstral_distortion(original.log_mel, decoded.log_mel),
    ),
    SpeechMetric(
        "stoi",
        "STOI, up to 1 (higher is better)",
        lambda original, decoded: stoi(original.wave, decoded.wave, original.sample_rate),
        package="pystoi",
    ),
    SpeechMetric(
        "pesq",
        "PESQ wide band, 1 to 4.64 (higher is better)",
        lambda original, decoded: pesq(original.wave, decoded.wave, original.sample_rate),
        package="pesq",
    ),
    SpeechMetric(
        "dnsmos",
        "DNSMOS, overall quality, 1 to 5 (higher is better)",
        lambda original, decoded: dnsmos(decoded.wave, decoded.sample_rate),
        package="speechmos",
        reference_free=True,
    ),
    SpeechMetric(
        "f0_correlation",
        "correlation of log F0 (higher is better)",
        lambda original, decoded: f0_correlation(original.f0, decoded.f0),
    ),
    SpeechMetric(
        "f0_correlation_swift",
        "correlation of log F0 by SwiftF0 (higher is better)",
        lambda original, decoded: f0_correlation(
            swift_f0(original.wave, original.sample_rate), swift_f0(decoded.wave, decoded.sample_rate)
        ),
        package="swift_f0",
    ),
    SpeechMetric(
        "voicing_error",
        "voicing error, share of frames (lower is better)",
        lambda original, decoded: voicing_error(original.f0, decoded.f0),
    ),
)
"""One more metric is one more entry."""
