"""What of a clip a decoder gives back: every measure of one decoded clip against its original."""

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
from trainer.metrics.speech.log_mel_distance import log_mel_distance
from trainer.metrics.speech.pesq import pesq
from trainer.metrics.speech.pitch_agreement import f0_correlation, voicing_error
from trainer.metrics.speech.stoi import stoi

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """A clip as the measures take it: `wave` [samples], its log-mel [80, frames] in dB and its F0 [frames] in Hz, NaN
    where unvoiced, both every 10 ms.
    """

    wave: Waveform
    sample_rate: int
    log_mel: NDArray[np.float32]
    f0: NDArray[np.float64]


class Ear:
    """Hears waveforms [samples] at `sample_rate`."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate, self.log_mel = sample_rate, LogMel(sample_rate)

    def __call__(self, wave: Waveform) -> Heard:
        picture = self.log_mel(torch.from_numpy(wave)).numpy()
        return Heard(wave, self.sample_rate, picture, track_pitch(wave, self.sample_rate, self.log_mel.hop_seconds))


@dataclass(frozen=True)
class Measure:
    """One figure of a decoded clip beside its original, None where the clip does not tell. `package`: what it needs
    that may not be installed.
    """

    name: str
    title: str
    of: Callable[[Heard, Heard], float | None]
    package: str | None = None

    @property
    def installed(self) -> bool:
        return self.package is None or importlib.util.find_spec(self.package) is not None


MEASURES = (
    Measure(
        "log_mel_distance_db",
        "log-mel distance, dB (less is better)",
        lambda original, decoded: log_mel_distance(original.log_mel, decoded.log_mel),
    ),
    Measure(
        "mel_cepstral_distortion_db",
        "mel-cepstral distortion, dB (less is better)",
        lambda original, decoded: mel_cepstral_distortion(original.log_mel, decoded.log_mel),
    ),
    Measure(
        "stoi",
        "STOI, up to 1 (more is better)",
        lambda original, decoded: stoi(original.wave, decoded.wave, original.sample_rate),
        package="pystoi",
    ),
    Measure(
        "pesq",
        "PESQ wide band, 1 to 4.64 (more is better)",
        lambda original, decoded: pesq(original.wave, decoded.wave, original.sample_rate),
        package="pesq",
    ),
    Measure(
        "f0_correlation",
        "correlation of log F0 (more is better)",
        lambda original, decoded: f0_correlation(original.f0, decoded.f0),
    ),
    Measure(
        "voicing_error",
        "voicing error, share of frames (less is better)",
        lambda original, decoded: voicing_error(original.f0, decoded.f0),
    ),
)
