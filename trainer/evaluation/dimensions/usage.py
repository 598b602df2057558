"""How much each dimension is used, over the clips of a corpus, and what a step of the most used ones does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import DimensionReport, HistogramReport, ModuleReport, PriorReport, Report
from trainer.metrics.latents.usage import HISTOGRAM_HIGH, HISTOGRAM_LOW, decoded_changes, sensitivity, usage
from trainer.metrics.statistics.bootstrap import Estimate, bootstrap_mean
from trainer.model import Model, Posterior

Waveform = NDArray[np.float32]
SENSITIVITY_CLIPS = 8
SENSITIVITY_SECONDS = 1.0


def report_usage(model: Model, waveforms: list[Waveform]) -> Report:
    """KL, activity, distribution, sensitivity (where a module has its decoder) and the scale of distances, over
    `waveforms` at the model's rate.
    """
    encoded = [model.encode(waveform) for waveform in tqdm(waveforms, desc="encode", unit="clip", leave=False)]
    return Report(
        modules=tuple(
            _report_module(model, index + 1, [clip[index] for clip in encoded]) for index in range(model.modules_count)
        )
    )


def _report_module(model: Model, module: int, posteriors: list[Posterior]) -> ModuleReport:
    found = usage(posteriors)
    sensitivities = None
    if model.has_decoder(module):
        sensitivities = sensitivity(
            model,
            module,
            tqdm(list(_excerpts(model, module, posteriors)), desc=f"sensitivity of module {module}", leave=False),
        )
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


def _excerpts(model: Model, module: int, posteriors: list[Posterior]) -> Iterator[tuple[torch.Tensor, int]]:
    """The middle second of clips spread evenly over the corpus."""
    depth = model.geometry[module - 1]
    wanted = round(SENSITIVITY_SECONDS / depth.hop_seconds)
    for index in np.unique(np.linspace(0, len(posteriors) - 1, SENSITIVITY_CLIPS).round().astype(int)):
        mean = posteriors[index].mean
        first = max(0, (mean.shape[1] - wanted) // 2)
        excerpt = mean[:, first : first + wanted]
        yield excerpt, depth.samples(excerpt.shape[1])


@dataclass(frozen=True)
class StepEffect:
    """What +`step` on one dimension does to the decoded log-mel, mean absolute change in dB over clips."""

    module: int
    dim: int
    kl: float | None
    step: float
    change_db: Estimate


def step_effects(
    model: Model, waveforms: list[Waveform], report: Report, *, top: int = 5, step: float = 2.0
) -> list[StepEffect]:
    """What `step` in each of the `top` dimensions does, at every module that has a decoder: those of most KL, or where
    there is none (GIM) of most sensitivity.
    """
    effects = []
    for part in report.modules:
        if not model.has_decoder(part.module):
            continue
        ranked = sorted(part.dimensions, key=_weight, reverse=True)[:top]
        moves = [(dimension.dim, step) for dimension in ranked]
        posteriors = [model.encode(waveform)[part.module - 1] for waveform in waveforms]
        changes = np.stack(
            [
                decoded_changes(model, part.module, latents, samples, moves)
                for latents, samples in _excerpts(model, part.module, posteriors)
            ]
        )
        effects += [
            StepEffect(part.module, dimension.dim, dimension.kl, step, bootstrap_mean(changes[:, index]))
            for index, dimension in enumerate(ranked)
        ]
    return effects


def _weight(dimension: DimensionReport) -> float:
    return dimension.kl if dimension.kl is not None else dimension.sensitivity or 0.0
