"""/decode: a base and edits -> latents -> sound and picture."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backend.arrays import unpack
from backend.catalogue import Entry
from backend.encoding import module_index
from backend.engine import Engine
from backend.errors import NO_DECODER, Problem, invalid
from backend.schemas import DecodeRequest
from backend.sounds import Sound, within_full_scale
from trainer.edits import apply_edits, base_latents, prior_latents, zero_latents
from trainer.geometry import ModuleGeometry
from trainer.model import Model

_ROUNDING_SECONDS = 1e-3
"""How far past the clip's end a span may reach: clients round durations."""


@dataclass(frozen=True)
class Base:
    """Where a sound starts from: latents [dims, frames], the length of the sound, the gain to take back from it.
    `unedited` gives what the latents sound like as they are, where that is kept for edits to be spliced into.
    """

    latents: Tensor
    samples: int
    gain: float = 1.0
    unedited: Callable[[], Tensor] | None = None


@dataclass(frozen=True)
class Decoded:
    """A sound, the root mean square of its latents, and the share of corpus frames farther out, where known."""

    sound: Sound
    rms: float
    beyond: float | None


def decode(engine: Engine, request: DecodeRequest) -> Decoded:
    """The sound `request` asks for: the same request, the same sound. Raises Problem."""
    entry, model = engine.open(request.model)
    geometry = entry.geometry[module_index(entry, request.module)]
    if not model.has_decoder(request.module):
        heard = [str(module) for module in range(1, entry.modules_count + 1) if model.has_decoder(module)]
        remedy = f"choose module {' or '.join(heard)}" if heard else "train decoders for this model"
        detail = f"module: model {entry.name} has no decoder for module {request.module}; {remedy}."
        raise Problem(NO_DECODER, detail, field="module")
    base = _base(engine, request, entry, model, geometry)
    _check_edits(request, len(base.latents), base.samples / entry.sample_rate)
    edited = apply_edits(base.latents, request.edits, geometry)
    waveform = (_sound(model, request, base, edited) / base.gain).numpy()
    if not np.isfinite(waveform).all():
        raise invalid(_source(request), "the values are too large to decode to a sound; use smaller ones")
    rms = float(edited.square().mean().sqrt())
    return Decoded(within_full_scale(waveform, entry.sample_rate), rms, _share_beyond(rms, entry, request.module))


def _sound(model: Model, request: DecodeRequest, base: Base, edited: Tensor) -> Tensor:
    # What is decoded must follow from the request alone, not from what is kept: the same request, the same bytes.
    if base.unedited is None or not request.edits:
        return model.decode(request.module, edited, base.samples)
    return model.decode_edited(request.module, edited, base.latents, base.samples, base.unedited)


def answer(engine: Engine, decoded: Decoded) -> dict[str, Any]:
    """`decoded` as /decode answers it in JSON."""
    sound = decoded.sound
    return {
        "sample_rate": sound.sample_rate,
        "samples": len(sound.waveform),
        "audio": base64.b64encode(sound.wav).decode("ascii"),
        "limited": sound.limited,
        "spectrogram": engine.spectrograms.picture(sound.waveform, sound.sample_rate),
        "prior_distance": {"rms": decoded.rms, "beyond": decoded.beyond},
    }


def _base(engine: Engine, request: DecodeRequest, entry: Entry, model: Model, geometry: ModuleGeometry) -> Base:
    dims = model.dims(request.module)
    if request.latents is not None:
        return _given(engine, request, dims, geometry)
    if request.seconds is not None:
        samples = round(request.seconds * entry.sample_rate)
        return Base(_drawn(request, dims, geometry.frames(samples)), samples)
    assert request.clip is not None  # DecodeRequest holds exactly one of the three
    clip = engine.clip_for(request.clip, entry)
    encoded = engine.encoded(request.clip, clip, entry, model)
    posterior = encoded.posteriors[request.module - 1]
    if request.base == "mean" or request.base == "sample":
        latents, samples = base_latents(posterior, request.base, request.seed), len(clip.waveform)
        name = (request.base, request.seed)
        decode = partial(model.decode, request.module, latents, samples)
        unedited = partial(engine.unedited, request.clip, encoded, entry, request.module, name, decode)
        return Base(latents, samples, encoded.gain, unedited)
    return Base(_drawn(request, *posterior.mean.shape), len(clip.waveform), encoded.gain)


def _drawn(request: DecodeRequest, dims: int, frames: int) -> Tensor:
    return prior_latents(dims, frames, request.seed) if request.base == "prior" else zero_latents(dims, frames)


def _given(engine: Engine, request: DecodeRequest, dims: int, geometry: ModuleGeometry) -> Base:
    """The client's own latents, one hop of sound a frame."""
    assert request.latents is not None
    shape = request.latents.shape
    most = geometry.frames(round(engine.limits.seconds * geometry.sample_rate))
    if len(shape) != 2 or shape[0] != dims or not 1 <= shape[1] <= most:
        raise invalid("latents.shape", f"must be [{dims}, frames] with 1 to {most} frames, not {shape}")
    return Base(torch.from_numpy(unpack(request.latents, "latents")), geometry.samples(shape[1]))


def _check_edits(request: DecodeRequest, dims: int, duration: float) -> None:
    """Raise Problem naming the first edit of a dimension that is not there or of a span outside the clip."""
    for index, edit in enumerate(request.edits):
        field = f"edits.{index}"
        if edit.dim >= dims:
            raise invalid(f"{field}.dim", f"module {request.module} has dimensions 0 to {dims - 1}")
        if edit.end is not None and edit.end > duration + _ROUNDING_SECONDS:
            raise invalid(f"{field}.end", f"the clip ends at {duration:.6g} s; end the span there or before")
        start, end = edit.start or 0.0, duration if edit.end is None else edit.end
        if start >= end:
            raise invalid(f"{field}.start", f"must lie before the span's end, {end:.6g} s")


def _share_beyond(rms: float, entry: Entry, module: int) -> float | None:
    """Share of corpus frames whose latents lie farther from zero than `rms`; None where the report does not tell."""
    modules = entry.report.modules if entry.report is not None else ()
    prior = next((known.prior for known in modules if known.module == module), None)
    if prior is None:
        return None
    quantiles = prior.frame_rms_quantiles
    return float(1.0 - np.interp(rms, quantiles, np.linspace(0.0, 1.0, len(quantiles))))


def _source(request: DecodeRequest) -> str:
    return next(name for name in ("latents", "seconds", "clip") if getattr(request, name) is not None)
