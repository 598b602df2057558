"""/encode: bytes -> waveform -> posteriors -> what the page needs to know of them."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from backend.errors import AUDIO_CONTENT, AUDIO_FORMAT, MODULE_UNKNOWN, Problem, too_large
from backend.inference.engine import Engine, check_length
from backend.inference.rendering import peaks, within_full_scale
from backend.store.clips import Waveform
from backend.store.models import Entry
from trainer.audio.files import AudioError, read_audio
from trainer.model import Model, Posterior

_PIECE_FRAMES = 50_000


def encode(engine: Engine, file: BinaryIO, model_name: str | None) -> dict[str, Any]:
    """The answer of /encode to the recording in `file`. Raises Problem."""
    entry, model = engine.open(model_name)
    waveform = _read(engine, file, entry)
    return _describe(engine, engine.clips.put(waveform, entry.sample_rate), entry, model)


def describe(engine: Engine, name: str, model_name: str | None) -> dict[str, Any]:
    """What /encode answers for the recording that the clip `name` holds. Raises Problem."""
    return _describe(engine, name, *engine.open(model_name))


def audio(engine: Engine, name: str) -> bytes:
    """The clip's waveform as WAV, turned down where it would be clipped. Raises Problem."""
    clip = engine.clips.get(name)
    return within_full_scale(clip.waveform, clip.sample_rate).wav


def _describe(engine: Engine, name: str, entry: Entry, model: Model) -> dict[str, Any]:
    clip = engine.clip_for(name, entry)
    posteriors = engine.encoded(name, clip, entry, model).posteriors
    return {
        "model": entry.name,
        "clip": name,
        "sample_rate": clip.sample_rate,
        "samples": len(clip.waveform),
        "duration": clip.duration,
        "waveform_peaks": peaks(clip.waveform),
        "spectrogram": engine.spectrograms.picture(clip.waveform, clip.sample_rate),
        "modules": [
            {"module": module, "hop_seconds": geometry.hop_seconds, **_summary(posterior)}
            for module, (geometry, posterior) in enumerate(zip(entry.geometry, posteriors, strict=True), start=1)
        ],
    }


def latents(engine: Engine, clip_name: str, model_name: str | None, module: int) -> bytes:
    """A clip's posterior as `.npy`: float16 [2, dims, frames], mean and log-variance.

    A deterministic encoder has no spread: its log-variance is minus infinity. Raises Problem.
    """
    entry, model = engine.open(model_name)
    index, clip = module_index(entry, module), engine.clip_for(clip_name, entry)
    posterior = engine.encoded(clip_name, clip, entry, model).posteriors[index]
    mean = posterior.mean.numpy()
    logvar = np.full_like(mean, -np.inf) if posterior.logvar is None else posterior.logvar.numpy()
    buffer = io.BytesIO()
    np.save(buffer, np.stack([mean, logvar]).astype("<f2"), allow_pickle=False)
    return buffer.getvalue()


def module_index(entry: Entry, module: int) -> int:
    """Where module `module` (from 1) lies in a list. Raises Problem where the model has no such module."""
    if not 1 <= module <= entry.modules_count:
        detail = f"module: model {entry.name} has modules 1 to {entry.modules_count}."
        raise Problem(MODULE_UNKNOWN, detail, field="module")
    return module - 1


def _read(engine: Engine, file: BinaryIO, entry: Entry) -> Waveform:
    """The checked waveform [samples] in `file`, long enough for every module."""
    limit = engine.settings.upload_bytes
    data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(limit, field="file")
    try:
        waveform = read_audio(data, entry.sample_rate, engine.limits)
    except AudioError as error:
        kind = AUDIO_FORMAT if error.kind == "format" else AUDIO_CONTENT
        raise Problem(kind, str(error), field="file") from None
    check_length(len(waveform), entry, "file")
    return waveform


def _summary(posterior: Posterior) -> dict[str, Any]:
    """Per dimension: mean and spread over frames of the posterior mean, and mean KL."""
    mean = posterior.mean
    dims, frames = mean.shape
    return {
        "frames": frames,
        "dims": dims,
        "mean": mean.mean(dim=1).numpy(),
        "std": mean.std(dim=1, correction=0).numpy(),
        "kl": [None] * dims if posterior.logvar is None else _mean_kl(posterior),
    }


def _mean_kl(posterior: Posterior) -> NDArray[np.float64]:
    """[dims], a piece at a time: of a long recording, every array between would be as large as the posterior."""
    dims, frames = posterior.mean.shape
    total = np.zeros(dims)
    for begin in range(0, frames, _PIECE_FRAMES):
        kl = posterior.frames(begin, begin + _PIECE_FRAMES).kl()
        assert kl is not None
        total += kl.sum(dim=1).numpy()
    return total / frames
