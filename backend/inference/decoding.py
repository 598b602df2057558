"""/decode: a base and edits -> latents -> sound and picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.errors import invalid
from backend.inference.engine import Engine
from backend.inference.rendering import Excerpt, Sound, Waveform, within_full_scale
from backend.inference.starting_latents import Base, Depth, base_of
from backend.schemas import DecodeRequest
from trainer.edits import Edit, apply_edits

_ROUNDING_SECONDS = 1e-3
"""How far past the clip's end a span may reach: clients round durations."""


@dataclass(frozen=True)
class Decoded:
    """A sound, the root mean square of its latents, and the share of corpus frames farther out, where known."""

    sound: Sound
    rms: float
    beyond: float | None


def decode(engine: Engine, request: DecodeRequest) -> Decoded:
    """The sound `request` asks for: the same request, the same sound. Raises Problem."""
    base = base_of(engine, request)
    check_edits(base, request.edits)
    return edited(base, request.edits)


def edited(base: Base, edits: Sequence[Edit]) -> Decoded:
    """What `base` sounds like after `edits`, which have been checked. Raises Problem where that is no sound."""
    latents = apply_edits(base.latents, edits, base.depth.geometry)
    waveform = _finite(_sound(base, latents, edits), base)
    rms = float(torch.linalg.vector_norm(latents)) / math.sqrt(latents.numel())
    return Decoded(within_full_scale(waveform, base.depth.entry.sample_rate), rms, _share_beyond(rms, base.depth))


def seen(engine: Engine, base: Base, edits: Sequence[Edit], excerpt: Excerpt | None) -> dict[str, Any]:
    """The spectrogram of `base` after `edits`, which have been checked, or `excerpt` of it, as the wire has it. Raises
    Problem where there is no sound to see.

    Of an excerpt no more is decoded than it takes: within rounding the same, but at its own level where the whole sound
    is turned down so as not to clip.
    """
    if excerpt is None:
        return picture(engine, edited(base, edits))
    depth, latents = base.depth, apply_edits(base.latents, edits, base.depth.geometry)
    waveform = _finite(depth.model.decode(depth.module, latents, base.samples, excerpt.between), base)
    return engine.spectrograms.part(waveform, depth.entry.sample_rate, excerpt)


def _finite(sound: Tensor, base: Base) -> Waveform:
    """`sound` [samples] at the loudness of the clip. Raises Problem where it overflows."""
    waveform: Waveform = (sound / base.gain).numpy()
    if not np.isfinite(waveform).all():
        raise invalid(base.source, "the values are too large to decode to a sound; use smaller ones")
    return waveform


def _sound(base: Base, latents: Tensor, edits: Sequence[Edit]) -> Tensor:
    # What is decoded must follow from the request alone, not from what is kept: the same request, the same bytes.
    model, module = base.depth.model, base.depth.module
    throughout = any(edit.start is None and edit.end is None for edit in edits)  # which leaves nothing to splice into
    if base.unedited is None or not edits or throughout:
        return model.decode(module, latents, base.samples)
    return model.decode_edited(module, latents, base.latents, base.samples, base.unedited)


def shown(engine: Engine, decoded: Decoded) -> dict[str, Any]:
    """`decoded` as /decode answers it in JSON, but for the audio."""
    sound = decoded.sound
    return {
        "sample_rate": sound.sample_rate,
        "samples": len(sound.waveform),
        "limited": sound.limited,
        "spectrogram": picture(engine, decoded),
        "prior_distance": {"rms": decoded.rms, "beyond": decoded.beyond},
    }


def picture(engine: Engine, decoded: Decoded) -> dict[str, Any]:
    """The spectrogram of `decoded`, as the wire has it."""
    return engine.spectrograms.picture(decoded.sound.waveform, decoded.sound.sample_rate)


def check_edits(base: Base, edits: Iterable[Edit]) -> None:
    """Raise Problem naming the first edit of a dimension that is not there or of a span outside the clip."""
    for index, edit in enumerate(edits):
        check_edit(base, edit, f"edits.{index}.")


def check_edit(base: Base, edit: Edit, prefix: str = "") -> None:
    """Raise Problem where `edit` does not hold; its fields are called by their names after `prefix`."""
    if edit.dim >= base.depth.dims:
        raise invalid(f"{prefix}dim", f"module {base.depth.module} has dimensions 0 to {base.depth.dims - 1}")
    check_span(base.duration, edit.start, edit.end, prefix)


def check_span(duration: float, start: float | None, end: float | None, prefix: str) -> None:
    """Raise Problem where `start` and `end`, in seconds, are no span of a clip that lasts `duration`."""
    if end is not None and end > duration + _ROUNDING_SECONDS:
        raise invalid(f"{prefix}end", f"the clip ends at {duration:.6g} s; end the span there or before")
    first, last = start or 0.0, duration if end is None else end
    if first >= last:
        raise invalid(f"{prefix}start", f"must lie before the span's end, {last:.6g} s")


def _share_beyond(rms: float, depth: Depth) -> float | None:
    """Share of corpus frames whose latents lie farther from zero than `rms`; None where the report does not tell."""
    modules = depth.entry.report.modules if depth.entry.report is not None else ()
    prior = next((known.prior for known in modules if known.module == depth.module), None)
    if prior is None:
        return None
    return 1.0 - float(np.interp(rms, *_distribution(prior.frame_rms_quantiles)))


@lru_cache(maxsize=64)
def _distribution(quantiles: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values, and the share of all that lies below each, of which `quantiles` are the equally spaced quantiles."""
    return np.asarray(quantiles), np.linspace(0.0, 1.0, len(quantiles))
