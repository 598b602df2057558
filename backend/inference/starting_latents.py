"""Starting latents of a decode request: those of a clip, those in the request, or random ones; before any edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor

from backend.errors import NO_DECODER, Problem, invalid
from backend.inference.arrays import unpack
from backend.inference.engine import Engine
from backend.schemas import DecodeRequest
from backend.store.clips import ClipEncoding
from backend.store.models import ModelRecord
from trainer.edits import base_latents, move_toward, prior_latents, zero_latents
from trainer.geometry import ModuleGeometry
from trainer.model import Model


@dataclass(frozen=True)
class ModuleRef:
    """One module of a model, with a decoder."""

    record: ModelRecord
    model: Model
    module: int

    @property
    def dims(self) -> int:
        return self.record.dims[self.module - 1]

    @property
    def geometry(self) -> ModuleGeometry:
        return self.record.geometry[self.module - 1]


@dataclass(frozen=True)
class DecodeSource:
    """Starting latents [dims, frames] and what decoding them needs.

    `samples`: length of the sound. `field`: request field that the latents come from, for errors. `gain`: the decoded
    sound is divided by it. `unedited`: waveform of the latents without edits, if cached, for splicing local edits.
    `noisy`: the latents are a sample of the posteriors, not their means.
    """

    ref: ModuleRef
    latents: Tensor
    samples: int
    field: str
    gain: float = 1.0
    unedited: Callable[[], Tensor] | None = None
    noisy: bool = False

    @property
    def duration(self) -> float:
        """In seconds."""
        return self.samples / self.ref.record.sample_rate


def get_module(engine: Engine, model_name: str | None, module: int) -> ModuleRef:
    """Module `module` of a model. Raises Problem (model-unknown, module-unknown, no-decoder)."""
    record, model = engine.open_model(model_name)
    record.check_module(module)
    if not model.has_decoder(module):
        decodable = [str(other) for other in range(1, record.modules_count + 1) if model.has_decoder(other)]
        remedy = f"choose module {' or '.join(decodable)}" if decodable else "train decoders for this model"
        detail = f"module: model {record.name} has no decoder for module {module}; {remedy}."
        raise Problem(NO_DECODER, detail, field="module")
    return ModuleRef(record, model, module)


def get_source(engine: Engine, request: DecodeRequest) -> DecodeSource:
    """Starting latents of `request`. Raises Problem."""
    ref = get_module(engine, request.model, request.module)
    if request.latents is not None:
        return _from_request(engine, request, ref)
    if request.seconds is not None:
        samples = round(request.seconds * ref.record.sample_rate)
        latents = _zero_or_prior(request, ref.dims, ref.geometry.frames(samples))
        return DecodeSource(ref, latents, samples, "seconds")
    return _from_clip(engine, request, ref)


def encode_clip(engine: Engine, ref: ModuleRef, name: str, field: str) -> tuple[int, ClipEncoding]:
    """Length in samples and encoding of the clip in the request field `field`. Raises Problem."""
    clip = engine.get_clip(name, ref.record, field)
    return len(clip.waveform), engine.encode_clip(name, clip, ref.record, ref.model)


def check_top_k(ref: ModuleRef, top_k: int | None, field: str) -> None:
    """Raises Problem if `top_k` exceeds the number of dimensions."""
    if top_k is not None and top_k > ref.dims:
        raise invalid(field, f"must be at most {ref.dims}, the number of dimensions of module {ref.module}")


def _from_request(engine: Engine, request: DecodeRequest, ref: ModuleRef) -> DecodeSource:
    """Latents in the request; each frame gives one hop of sound."""
    assert request.latents is not None
    shape, geometry = request.latents.shape, ref.geometry
    max_frames = geometry.frames(round(engine.limits.seconds * geometry.sample_rate))
    if len(shape) != 2 or shape[0] != ref.dims or not 1 <= shape[1] <= max_frames:
        raise invalid("latents.shape", f"must be [{ref.dims}, frames] with 1 to {max_frames} frames, not {shape}")
    latents = torch.from_numpy(unpack(request.latents, "latents"))
    return DecodeSource(ref, latents, geometry.samples(shape[1]), "latents")


def _from_clip(engine: Engine, request: DecodeRequest, ref: ModuleRef) -> DecodeSource:
    assert request.clip is not None  # DecodeRequest has exactly one of the three
    samples, encoding = encode_clip(engine, ref, request.clip, "clip")
    posterior = encoding.posteriors[ref.module - 1]
    if not (request.base == "mean" or request.base == "sample"):
        latents = _zero_or_prior(request, *posterior.mean.shape)
        return DecodeSource(ref, latents, samples, "clip", encoding.gain)
    latents = base_latents(posterior, request.base, request.seed)
    if request.toward is not None:
        check_top_k(ref, request.toward.top_k, "toward.top_k")
        _, other = encode_clip(engine, ref, request.toward.clip, "toward.clip")
        target = base_latents(other.posteriors[ref.module - 1], request.base, request.seed)
        latents = move_toward(latents, target, request.toward.share, request.toward.top_k)
    key = (request.base, request.seed, request.toward)
    decode = partial(ref.model.decode, ref.module, latents, samples)
    unedited = partial(engine.unedited_waveform, request.clip, encoding, ref.record, ref.module, key, decode)
    noisy = request.base == "sample" and posterior.logvar is not None
    return DecodeSource(ref, latents, samples, "clip", encoding.gain, cache(unedited), noisy)


def _zero_or_prior(request: DecodeRequest, dims: int, frames: int) -> Tensor:
    return prior_latents(dims, frames, request.seed) if request.base == "prior" else zero_latents(dims, frames)
