"""Encoding: file -> waveform -> posteriors -> response content."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from backend.errors import AUDIO_CONTENT, AUDIO_FORMAT, Problem, too_large
from backend.inference.engine import Engine
from backend.inference.rendering import Waveform, limit_peak, waveform_peaks
from backend.store.models import ModelRecord
from trainer.audio import AudioError, read_audio
from trainer.model import Model, Posterior

_CHUNK_FRAMES = 50_000


def encode(engine: Engine, file: BinaryIO, model_name: str | None) -> dict[str, Any]:
    """Content of the response of /encode for the recording in `file`. Raises Problem."""
    record, model = engine.open_model(model_name)
    waveform = _read_waveform(engine, file, record)
    return _describe(engine, engine.clips.put(waveform, record.sample_rate), record, model)


def describe(engine: Engine, clip: str, model_name: str | None) -> dict[str, Any]:
    """Content of the response of /encode for a stored clip. Raises Problem."""
    return _describe(engine, clip, *engine.open_model(model_name))


def audio(engine: Engine, clip: str) -> bytes:
    """WAV file of a stored clip, attenuated if it exceeds full scale. Raises Problem."""
    stored = engine.clips.get(clip)
    return limit_peak(stored.waveform, stored.sample_rate).wav


def latents(engine: Engine, clip: str, model_name: str | None, module: int) -> bytes:
    """Posterior of a stored clip as `.npy`: float16 [2, dims, frames], mean and log-variance. Raises Problem.

    For a deterministic encoder the log-variance is minus infinity.
    """
    record, model = engine.open_model(model_name)
    record.check_module(module)
    stored = engine.get_clip(clip, record)
    posterior = engine.encode_clip(clip, stored, record, model).posteriors[module - 1]
    mean = posterior.mean.numpy()
    logvar = np.full_like(mean, -np.inf) if posterior.logvar is None else posterior.logvar.numpy()
    buffer = io.BytesIO()
    np.save(buffer, np.stack([mean, logvar]).astype("<f2"), allow_pickle=False)
    return buffer.getvalue()


def _describe(engine: Engine, clip: str, record: ModelRecord, model: Model) -> dict[str, Any]:
    stored = engine.get_clip(clip, record)
    posteriors = engine.encode_clip(clip, stored, record, model).posteriors
    return {
        "model": record.name,
        "clip": clip,
        "sample_rate": stored.sample_rate,
        "samples": len(stored.waveform),
        "duration": stored.duration,
        "waveform_peaks": waveform_peaks(stored.waveform),
        "spectrogram": engine.spectrograms.render(stored.waveform, stored.sample_rate),
        "modules": [
            {"module": module, "hop_seconds": geometry.hop_seconds, **_summary(posterior)}
            for module, (geometry, posterior) in enumerate(zip(record.geometry, posteriors, strict=True), start=1)
        ],
    }


def _read_waveform(engine: Engine, file: BinaryIO, record: ModelRecord) -> Waveform:
    """Checked waveform [samples] in `file`, long enough for every module. Raises Problem."""
    limit = engine.settings.upload_bytes
    data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large(limit, field="file")
    try:
        waveform = read_audio(data, record.sample_rate, engine.limits)
    except AudioError as error:
        kind = AUDIO_FORMAT if error.kind == "format" else AUDIO_CONTENT
        raise Problem(kind, str(error), field="file") from None
    record.check_length(len(waveform), "file")
    return waveform


def _summary(posterior: Posterior) -> dict[str, Any]:
    """Per dimension: mean and standard deviation over frames of the posterior mean, and mean KL in nats per frame."""
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
    """Mean KL [dims], computed in chunks: temporary arrays of a long recording would be as large as the posterior."""
    dims, frames = posterior.mean.shape
    total = np.zeros(dims)
    for begin in range(0, frames, _CHUNK_FRAMES):
        kl = posterior.frames(begin, begin + _CHUNK_FRAMES).kl()
        assert kl is not None
        total += kl.sum(dim=1).numpy()
    return total / frames
