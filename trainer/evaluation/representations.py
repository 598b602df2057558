"""Representations computed by a model: its modules, its GRU, and the same model with random weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from trainer.config import Config
from trainer.corpus import Recording, read_recording
from trainer.metrics.probing.pooling import (
    GRU,
    UNTRAINED,
    FrameLocator,
    RepresentationSource,
    Span,
    Waveform,
    log_mel_source,
    normalise_loudness,
)
from trainer.model import Model, Posterior

LOUDNESS_DBFS = -23.0
"""Loudness of recordings for models without loudness normalisation."""
_NORM_BATCHES, _NORM_CLIPS, _NORM_SECONDS = 8, 8, 0.5


def target_loudness(config: Config) -> float:
    """Loudness in dBFS to which recordings are normalised before comparison under `config`."""
    return LOUDNESS_DBFS if config.loudness_dbfs is None else config.loudness_dbfs


def model_source(model: Model, prefix: str = "") -> RepresentationSource:
    """Posterior means of every module and the output of the GRU, if the preset has one.

    Their names are `prefix` followed by `module 1` .. or `GRU`.
    """
    geometries: dict[str, FrameLocator] = {
        f"{prefix}module {number}": geometry for number, geometry in enumerate(model.geometry, 1)
    }
    if model.encoder.context is not None:
        geometries[f"{prefix}{GRU}"] = model.geometry[-1]

    def compute(waveforms: Tensor) -> list[Tensor]:
        frames = [posterior.mean for posterior in _encode(model, waveforms)]
        if model.encoder.context is None:
            return frames
        return [*frames, model.encoder.contextualise(model.derotate(model.modules_count, frames[-1]))]

    return RepresentationSource(geometries, compute)


def with_baselines(model: Model, waveforms: Sequence[Waveform], bands: int, seed: int) -> list[RepresentationSource]:
    """Log-mel spectrograms of `bands` bands, `model`, and the same model with random weights of `seed`.

    `waveforms` are for the batch norm of the random weights, see `untrained_model`.
    """
    untrained = untrained_model(model.config, waveforms, seed)
    return [
        log_mel_source(model.config.sample_rate, bands),
        model_source(model),
        model_source(untrained, f"{UNTRAINED} "),
    ]


def labelled_waveforms(
    recordings: Sequence[Recording], spans: Sequence[Sequence[Span]], config: Config
) -> Iterator[tuple[Waveform, Sequence[Span]]]:
    """The waveform [samples] of each recording, at the rate and loudness of `config`, with its spans."""
    for recording, wanted in zip(tqdm(recordings, desc="encode", unit="clip", leave=False), spans, strict=True):
        yield normalise_loudness(read_recording(recording, config.sample_rate), target_loudness(config)), wanted


def _encode(model: Model, waveforms: Tensor) -> list[Posterior]:
    """Posteriors (B, dims, frames) of each module; Model.encode splits a single long waveform."""
    if len(waveforms) > 1:
        return model.rotate(model.encoder(waveforms))
    return [Posterior(one.mean[None], None) for one in model.encode(waveforms[0])]


def untrained_model(config: Config, waveforms: Sequence[Waveform], seed: int) -> Model:
    """A model of `config` with random weights.

    The running statistics of batch norm, if any, are estimated on segments of `waveforms`, because otherwise outputs
    would have no common scale.
    """
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        model = Model(config)
    norms = [part for part in model.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    if norms:
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # cumulative average over all batches
        with torch.no_grad():
            for batch in _segments(config, waveforms, model.geometry[-1].minimum_samples):
                model.encoder(batch)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return model.eval().requires_grad_(False)


def _segments(config: Config, waveforms: Sequence[Waveform], min_samples: int) -> Iterator[Tensor]:
    """Batches (B, samples) of segments of equal length from the middle of recordings spread evenly over `waveforms`."""
    spread = np.linspace(0, len(waveforms) - 1, _NORM_BATCHES * _NORM_CLIPS).round().astype(int)
    length = max(min_samples, round(_NORM_SECONDS * config.sample_rate))
    segments = []
    for index in spread:
        wave = normalise_loudness(waveforms[index], target_loudness(config))
        first = max(0, (len(wave) - length) // 2)
        segments.append(np.pad(wave[first : first + length], (0, max(0, length - len(wave)))))
    yield from torch.split(torch.from_numpy(np.stack(segments)), _NORM_CLIPS)
