"""Engine: the stores, the spectrogram renderer and the worker that all requests share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.inference.rendering import SpectrogramRenderer
from backend.inference.worker import Worker
from backend.settings import Settings
from backend.store.clips import CachedDecoding, Clip, ClipEncoding, ClipStore, unknown_clip
from backend.store.ensembles import EnsembleStore
from backend.store.models import ModelRecord, ModelStore
from trainer.audio import AudioLimits
from trainer.bundle import DEMO
from trainer.model import Model

SHIPPED_ENSEMBLES = "ensembles"
"""Folder of the shipped ensembles, in the folder of the shipped bundle."""


class Engine:
    """State that outlives a request. The methods compute: call them, and functions that take an Engine, on `worker`."""

    def __init__(self, settings: Settings, shipped: Path = DEMO) -> None:
        self.settings = settings
        self.limits = AudioLimits(settings.max_seconds, settings.max_channels, settings.min_rate, settings.max_rate)
        roots = (shipped, shipped.parent / SHIPPED_ENSEMBLES, *settings.models)
        self.models, self.ensembles = ModelStore(roots, settings.models_loaded), EnsembleStore(roots[1:])
        self.clips = ClipStore(settings.clip_store_bytes, settings.clip_age_seconds)
        self.spectrograms = SpectrogramRenderer()
        # Denormals are about 30 times slower on CPU, and a recording may consist of them; flush them to zero.
        self.worker = Worker(settings.queue_limit, lambda: torch.set_flush_denormal(True))

    def open_model(self, name: str | None) -> tuple[ModelRecord, Model]:
        """Model called `name`, or the default. Raises Problem (model-unknown, not-ready)."""
        record = self.models.get(name)
        return record, self.models.model(record)

    def get_clip(self, name: str, record: ModelRecord, field: str = "clip") -> Clip:
        """Clip `name`, checked to suit the model. Raises Problem with the request field `field`: clip-unknown, also if
        the clip has another sample rate; audio-content if it is too short.
        """
        clip = self.clips.get(name, field)
        if clip.sample_rate != record.sample_rate:
            raise unknown_clip(
                field,
                f"the clip was encoded at {clip.sample_rate} Hz and model {record.name} needs {record.sample_rate} Hz",
            )
        record.check_length(len(clip.waveform), field)
        return clip

    def encode_clip(self, name: str, clip: Clip, record: ModelRecord, model: Model) -> ClipEncoding:
        """Encoding of the clip by `model`, cached in the clip store."""
        encoding = clip.encodings.get(record.digest)
        if encoding is None:
            encoding = ClipEncoding(tuple(model.encode(clip.waveform)), model.gain(clip.waveform))
            self.clips.keep(name, record.digest, encoding)
        return encoding

    def unedited_waveform(
        self,
        name: str,
        encoding: ClipEncoding,
        record: ModelRecord,
        module: int,
        key: Hashable,
        decode: Callable[[], Tensor],
    ) -> Tensor:
        """Waveform [samples] of the latents identified by `key`, from `decode` or cached in the clip store."""
        cached = encoding.decodings.get(module)
        if cached is None or cached.key != key:
            cached = CachedDecoding(key, decode())
            encoding = replace(encoding, decodings={**encoding.decodings, module: cached})
            self.clips.keep(name, record.digest, encoding)
        return cached.waveform

    def warm_up(self) -> None:
        """Load the default model, which includes its smoke test, and render a spectrogram, so that no request pays for
        first use. Raises Problem (not-ready).
        """
        record, _ = self.open_model(None)
        self.spectrograms.render(np.zeros(record.sample_rate, dtype=np.float32), record.sample_rate)
