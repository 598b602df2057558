"""Baselines for decoded clips: sounds made from the original's log-mel spectrogram without an encoder."""

from __future__ import annotations

import torch

from trainer.metrics.speech.suite import AudioFeatures, FeatureExtractor


def griffin_lim(original: AudioFeatures, extractor: FeatureExtractor) -> AudioFeatures:
    """Griffin-Lim inversion of the original's log-mel: an upper baseline with all 80 bands but no phase."""
    log_mel = torch.from_numpy(original.log_mel)
    return extractor(extractor.log_mel.invert(log_mel, len(original.wave)).numpy())


def mean_spectrum(original: AudioFeatures, extractor: FeatureExtractor) -> AudioFeatures:
    """Griffin-Lim inversion of the original's mean spectrum, constant in time: a lower baseline without any phone."""
    log_mel = torch.from_numpy(original.log_mel)
    constant = log_mel.mean(1, keepdim=True).expand_as(log_mel)
    return extractor(extractor.log_mel.invert(constant, len(original.wave)).numpy())
