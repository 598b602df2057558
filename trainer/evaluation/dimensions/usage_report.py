"""Usage of every dimension over recordings, and the audible effect of a step in the most used ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import DimensionReport, HistogramReport, ModuleReport, PriorReport, Report, TypicalityReference
from trainer.evaluation.dimensions.sensitivity import decoded_changes, sensitivity
from trainer.metrics.latents.usage import HISTOGRAM_HIGH, HISTOGRAM_LOW, usage
from trainer.metrics.prior.typicality import typicality_reference
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_mean
from trainer.model import Model, Posterior

Waveform = NDArray[np.float32]
SENSITIVITY_CLIPS = 8
SENSITIVITY_SECONDS = 1.0


@dataclass(frozen=True)
class UsageResult:
    """The report of every dimension, and by module the reference frames for typicality (none for a single clip)."""

    report: Report
    typicality: dict[int, TypicalityReference]


def report_usage(model: Model, waveforms: list[Waveform]) -> UsageResult:
    """KL, activity, histogram and sensitivity of every dimension, quantiles of the frame RMS, and reference frames.

    `waveforms` are at the model's sample rate. Sensitivity needs a decoder of the module.
    """
    encoded = [model.encode(waveform) for waveform in tqdm(waveforms, desc="encode", unit="clip", leave=False)]
    reports, typicality = [], {}
    for module in range(1, model.modules_count + 1):
        posteriors = [clip[module - 1] for clip in encoded]
        reports.append(_report_module(model, module, posteriors))
        reference = typicality_reference([posterior.mean for posterior in posteriors])
        if reference is not None:
            typicality[module] = reference
    return UsageResult(Report(modules=tuple(reports)), typicality)


def _report_module(model: Model, module: int, posteriors: list[Posterior]) -> ModuleReport:
    found = usage(posteriors)
    sensitivities = None
    if model.has_decoder(module):
        segments = list(_middle_seconds(model, module, posteriors))
        sensitivities = sensitivity(model, module, tqdm(segments, desc=f"sensitivity of layer {module}", leave=False))
    return ModuleReport(
        module=module,
        frames=len(found.frame_rms),
        dimensions=tuple(
            DimensionReport(
                dim=dim,
                kl=None if found.kl is None else float(found.kl[dim]),
                active=bool(found.active[dim]),
                sensitivity=None if sensitivities is None else float(sensitivities[dim]),
                mean=float(found.mean[dim]),
                std=float(found.sd[dim]),
                histogram=HistogramReport(
                    low=HISTOGRAM_LOW, high=HISTOGRAM_HIGH, counts=tuple(found.counts[dim].tolist())
                ),
            )
            for dim in range(model.dims(module))
        ),
        prior=PriorReport(frame_rms_quantiles=found.frame_rms_quantiles),
    )


def _middle_seconds(model: Model, module: int, posteriors: list[Posterior]) -> Iterator[tuple[torch.Tensor, int]]:
    """Means (D, L) of the middle second of evenly spaced clips, each with its length in samples."""
    geometry = model.geometry[module - 1]
    frames = round(SENSITIVITY_SECONDS / geometry.hop_seconds)
    for index in np.unique(np.linspace(0, len(posteriors) - 1, SENSITIVITY_CLIPS).round().astype(int)):
        mean = posteriors[index].mean
        first = max(0, (mean.shape[1] - frames) // 2)
        segment = mean[:, first : first + frames]
        yield segment, geometry.samples(segment.shape[1])


@dataclass(frozen=True)
class StepEffect:
    """The mean absolute change of the decoded log-mel, in dB over clips, for +`step` in one dimension."""

    module: int
    dim: int
    kl: float | None
    step: float
    change_db: BootstrapEstimate


def step_effects(
    model: Model, waveforms: list[Waveform], report: Report, *, top: int = 5, step: float = 2.0
) -> list[StepEffect]:
    """The effect of `step` in the `top` dimensions of every module that has a decoder.

    Dimensions are ranked by KL, or by sensitivity if the encoder is deterministic (GIM).
    """
    effects = []
    for part in report.modules:
        if not model.has_decoder(part.module):
            continue
        ranked = sorted(part.dimensions, key=_rank, reverse=True)[:top]
        steps = [(dimension.dim, step) for dimension in ranked]
        posteriors = [model.encode(waveform)[part.module - 1] for waveform in waveforms]
        changes = np.stack(
            [
                decoded_changes(model, part.module, latents, samples, steps)
                for latents, samples in _middle_seconds(model, part.module, posteriors)
            ]
        )
        effects += [
            StepEffect(part.module, dimension.dim, dimension.kl, step, bootstrap_mean(changes[:, index]))
            for index, dimension in enumerate(ranked)
        ]
    return effects


def _rank(dimension: DimensionReport) -> float:
    return dimension.kl if dimension.kl is not None else dimension.sensitivity or 0.0
