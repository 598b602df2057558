"""Acoustic effect of a step in each dimension: change of F0, level, spectral centroid, formants and voicing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import AcousticEffect, Report
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_samples import FrameSamples, middle_segment
from trainer.evaluation.selection import evenly_spaced, speaker_groups
from trainer.evaluation.text_table import columns
from trainer.metrics.speech.acoustics import PROPERTIES, AcousticMeasurement, change_per_unit, measure_acoustics
from trainer.metrics.speech.formants import INSTALLED
from trainer.metrics.statistics.bootstrap import bootstrap_median
from trainer.model import Model
from trainer.runtime.distribution import install_command

STEP = 1.0
CLIPS, SECONDS = 24, 0.6
_MIN_CLIPS = 3  # with a defined change of a property


def add_intervention_effects(report: Report, model: Model, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with the effects of every active dimension that can be decoded, and lines to print.

    Effects are measured on the middle segments of CLIPS recordings; intervals resample speakers if the recordings name
    several. Raises ValueError if no module has a decoder.
    """
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    if not decoded:
        raise ValueError("the bundle has no decoder; train one with `python -m trainer fit-decoder`")
    lines = [] if INSTALLED else [f"F1 to F3 are not measured: Praat is missing; {install_command('formants')}"]
    clips = [samples.clips[index] for index in evenly_spaced(len(samples.clips), CLIPS)]
    speakers = speaker_groups(clips)
    posteriors = [model.encode(middle_segment(model, clip, SECONDS)) for clip in clips]
    for module in decoded:
        part = next((one for one in report.modules if one.module == module), None)
        dims = [one.dim for one in part.dimensions if one.active] if part else []
        latents = [each[module - 1].mean for each in posteriors]
        bar = tqdm(dims, desc=f"acoustic effects at layer {module}", unit="dim", leave=False)
        effects = {dim: dimension_effects(model, module, dim, latents, speakers) for dim in bar}
        report = with_facts(report, module, {dim: {"effects": each} for dim, each in effects.items()})
        lines += _summary(module, effects)
    return report, lines


def dimension_effects(
    model: Model, module: int, dim: int, clips: Sequence[torch.Tensor], speakers: NDArray[np.str_] | None = None
) -> tuple[AcousticEffect, ...]:
    """Acoustic changes per unit of one dimension, over latents (D, L) of `clips` by `speakers` [clips] if known.

    Half the difference of a step up and a step down in all frames, so that a single jump between the two counts half.
    The median over clips is reported: one octave error of the pitch tracker would dominate a mean. A property defined
    in fewer than three clips is left out.
    """
    up, down = ([_measure_step(model, module, dim, latents, sign * STEP) for latents in clips] for sign in (1, -1))
    changes = change_per_unit(up, down, STEP)
    effects = []
    for index, one in enumerate(PROPERTIES):
        known = np.isfinite(changes[:, index])
        defined = changes[known, index]
        if len(defined) < _MIN_CLIPS:
            continue
        median, low, high = bootstrap_median(defined, groups=None if speakers is None else speakers[known])
        quartiles = np.quantile(defined, (0.25, 0.75))
        effects.append(
            AcousticEffect(
                measure=one.name,
                unit=one.unit,
                change=median,
                low=low,
                high=high,
                spread=float(np.diff(quartiles)[0] / 2),
                n=len(defined),
            )
        )
    return tuple(effects)


def _measure_step(model: Model, module: int, dim: int, latents: torch.Tensor, step: float) -> AcousticMeasurement:
    edited = latents.clone()
    edited[dim] += step
    return measure_acoustics(model.decode(module, edited).numpy(), model.config.sample_rate)


def _summary(module: int, effects: dict[int, tuple[AcousticEffect, ...]]) -> list[str]:
    """For each property, the three dimensions with the largest significant effect."""
    rows = [("property", "dimensions with the largest significant effect, per unit")]
    for one in PROPERTIES:
        measured = [(effect, dim) for dim, each in effects.items() for effect in each if effect.measure == one.name]
        significant = [(effect, dim) for effect, dim in measured if effect.low > 0 or effect.high < 0]
        best = islice(sorted(significant, key=lambda pair: -abs(pair[0].change)), 3)
        text = ", ".join(f"{dim}: {effect.change:+.3g} {effect.unit}" for effect, dim in best)
        rows.append((one.name, text or ("none significant" if measured else "not measured")))
    return [f"layer {module}", *columns(rows), ""]
