"""What a step of each dimension does to the decoded sound: its pitch, strength, brightness, formants and voicing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch
from tqdm import tqdm

from trainer.bundle import AcousticEffect, Report
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_samples import Moments, excerpt
from trainer.evaluation.selection import spread
from trainer.evaluation.text_table import columns
from trainer.metrics.speech.acoustics import PROPERTIES, Measured, measure, slopes
from trainer.metrics.speech.formants import INSTALLED
from trainer.metrics.statistics.bootstrap import bootstrap_median
from trainer.model import Model

STEP = 1.0
CLIPS, SECONDS = 24, 0.6
_LEAST_CLIPS = 3  # that must tell of a property


def add_effects(report: Report, model: Model, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with the effects of every active dimension that can be decoded, over stretches from the middle of
    CLIPS of the recordings, and lines to read. Raises ValueError where no module has a decoder.
    """
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    if not decoded:
        raise ValueError("the bundle has no decoder; train one with `python -m trainer decoder`")
    lines = [] if INSTALLED else ["F1 to F3 are not measured for want of Praat: pip install 'sim-explorer[formants]'."]
    chosen = [moments.chosen[index] for index in spread(len(moments.chosen), CLIPS)]
    posteriors = [model.encode(excerpt(model, one, SECONDS)) for one in chosen]
    for module in decoded:
        part = next((one for one in report.modules if one.module == module), None)
        dims = [one.dim for one in part.dimensions if one.active] if part else []
        clips = [each[module - 1].mean for each in posteriors]
        bar = tqdm(dims, desc=f"acoustic effect at module {module}", unit="dim", leave=False)
        found = {dim: dimension_effects(model, module, dim, clips) for dim in bar}
        report = with_facts(report, module, {dim: {"effects": each} for dim, each in found.items()})
        lines += _lines(module, found)
    return report, lines


def dimension_effects(model: Model, module: int, dim: int, clips: Sequence[torch.Tensor]) -> tuple[AcousticEffect, ...]:
    """The effects per unit of one dimension over latents [dims, frames] of clips, half of the difference between a step
    up and a step down over the whole clip; a property that fewer than three clips tell of is left out. What is told is
    the median, since a tracker that is an octave off in one clip would outweigh all others in a mean.
    """
    up, down = ([_sound(model, module, dim, latents, way * STEP) for latents in clips] for way in (1, -1))
    changes = slopes(up, down, STEP)
    effects = []
    for index, one in enumerate(PROPERTIES):
        told = changes[:, index][np.isfinite(changes[:, index])]
        if len(told) < _LEAST_CLIPS:
            continue
        middle, low, high = bootstrap_median(told)
        quarters = np.quantile(told, (0.25, 0.75))
        effects.append(
            AcousticEffect(
                measure=one.name,
                unit=one.unit,
                change=middle,
                low=low,
                high=high,
                spread=float(np.diff(quarters)[0] / 2),
                n=len(told),
            )
        )
    return tuple(effects)


def _sound(model: Model, module: int, dim: int, latents: torch.Tensor, step: float) -> Measured:
    moved = latents.clone()
    moved[dim] += step
    return measure(model.decode(module, moved).numpy(), model.config.sample_rate)


def _lines(module: int, found: dict[int, tuple[AcousticEffect, ...]]) -> list[str]:
    """For each property the dimensions that move it most, surely."""
    rows = [("property", "moved most by dimension, per unit")]
    for one in PROPERTIES:
        moved = [(effect, dim) for dim, effects in found.items() for effect in effects if effect.measure == one.name]
        sure = [(effect, dim) for effect, dim in moved if effect.low > 0 or effect.high < 0]
        best = islice(sorted(sure, key=lambda pair: -abs(pair[0].change)), 3)
        told = ", ".join(f"{dim}: {effect.change:+.3g} {effect.unit}" for effect, dim in best)
        rows.append((one.name, told or ("none surely" if moved else "not measured")))
    return [f"module {module}", *columns(rows), ""]
