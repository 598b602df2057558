"""Where a sound starts from: the latents of a clip, given ones, or drawn ones, before any edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor

from backend.errors import NO_DECODER, Problem, invalid
from backend.inference.encoding import module_index
from backend.inference.engine import Engine
from backend.schemas import DecodeRequest
from backend.schemas.arrays import unpack
from backend.store.clips import Encoded
from backend.store.models import Entry
from trainer.edits import base_latents, prior_latents, toward, zero_latents
from trainer.geometry import ModuleGeometry
from trainer.model import Model


@dataclass(frozen=True)
class Depth:
    """A module that can be heard, of a model."""

    entry: Entry
    model: Model
    module: int

    @property
    def dims(self) -> int:
        return self.entry.dims[self.module - 1]

    @property
    def geometry(self) -> ModuleGeometry:
        return self.entry.geometry[self.module - 1]


@dataclass(frozen=True)
class Base:
    """Latents [dims, frames] to start from, the length of the sound, the gain to take back from it. `source`: the part
    of the request they came by. `unedited` gives what they sound like as they are, where that is kept for edits to be
    spliced into.
    """

    depth: Depth
    latents: Tensor
    samples: int
    source: str
    gain: float = 1.0
    unedited: Callable[[], Tensor] | None = None

    @property
    def duration(self) -> float:
        """In seconds."""
        return self.samples / self.depth.entry.sample_rate


def depth_of(engine: Engine, model_name: str | None, module: int) -> Depth:
    """The `module` of a model. Raises Problem where there is none, or it has no decoder."""
    entry, model = engine.open(model_name)
    module_index(entry, module)
    if not model.has_decoder(module):
        heard = [str(other) for other in range(1, entry.modules_count + 1) if model.has_decoder(other)]
        remedy = f"choose module {' or '.join(heard)}" if heard else "train decoders for this model"
        detail = f"module: model {entry.name} has no decoder for module {module}; {remedy}."
        raise Problem(NO_DECODER, detail, field="module")
    return Depth(entry, model, module)


def base_of(engine: Engine, request: DecodeRequest) -> Base:
    """What `request` starts from. Raises Problem."""
    depth = depth_of(engine, request.model, request.module)
    if request.latents is not None:
        return _given(engine, request, depth)
    if request.seconds is not None:
        samples = round(request.seconds * depth.entry.sample_rate)
        return Base(depth, _drawn(request, depth.dims, depth.geometry.frames(samples)), samples, "seconds")
    return _of_clip(engine, request, depth)


def encoded_clip(engine: Engine, depth: Depth, name: str, field: str) -> tuple[int, Encoded]:
    """The length in samples of the clip that `field` of a request names, and what the model makes of it. Raises
    Problem.
    """
    clip = engine.clip_for(name, depth.entry, field)
    return len(clip.waveform), engine.encoded(name, clip, depth.entry, depth.model)


def check_top_k(depth: Depth, top_k: int | None, field: str) -> None:
    """Raise Problem where the module has not so many dimensions."""
    if top_k is not None and top_k > depth.dims:
        raise invalid(field, f"module {depth.module} has {depth.dims} dimensions; ask for that many or fewer")


def _given(engine: Engine, request: DecodeRequest, depth: Depth) -> Base:
    """The client's own latents, one hop of sound a frame."""
    assert request.latents is not None
    shape, geometry = request.latents.shape, depth.geometry
    most = geometry.frames(round(engine.limits.seconds * geometry.sample_rate))
    if len(shape) != 2 or shape[0] != depth.dims or not 1 <= shape[1] <= most:
        raise invalid("latents.shape", f"must be [{depth.dims}, frames] with 1 to {most} frames, not {shape}")
    latents = torch.from_numpy(unpack(request.latents, "latents"))
    return Base(depth, latents, geometry.samples(shape[1]), "latents")


def _drawn(request: DecodeRequest, dims: int, frames: int) -> Tensor:
    return prior_latents(dims, frames, request.seed) if request.base == "prior" else zero_latents(dims, frames)


def _of_clip(engine: Engine, request: DecodeRequest, depth: Depth) -> Base:
    assert request.clip is not None  # DecodeRequest holds exactly one of the three
    samples, encoded = encoded_clip(engine, depth, request.clip, "clip")
    posterior = encoded.posteriors[depth.module - 1]
    if not (request.base == "mean" or request.base == "sample"):
        return Base(depth, _drawn(request, *posterior.mean.shape), samples, "clip", encoded.gain)
    latents = base_latents(posterior, request.base, request.seed)
    if request.toward is not None:
        check_top_k(depth, request.toward.top_k, "toward.top_k")
        _, other = encoded_clip(engine, depth, request.toward.clip, "toward.clip")
        wanted = base_latents(other.posteriors[depth.module - 1], request.base, request.seed)
        latents = toward(latents, wanted, request.toward.share, request.toward.top_k)
    name = (request.base, request.seed, request.toward)
    decode = partial(depth.model.decode, depth.module, latents, samples)
    unedited = partial(engine.unedited, request.clip, encoded, depth.entry, depth.module, name, decode)
    return Base(depth, latents, samples, "clip", encoded.gain, cache(unedited))
