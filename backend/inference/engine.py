"""What every computation needs at hand: the models, the clips, the thread that computes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backend.errors import AUDIO_CONTENT, Problem
from backend.inference.rendering import Spectrograms
from backend.inference.worker import Worker
from backend.settings import Settings
from backend.store.clips import Clip, ClipStore, Encoded, Unedited, unknown_clip
from backend.store.ensembles import Ensembles
from backend.store.models import Catalogue, Entry
from trainer.audio.files import AudioLimits
from trainer.bundle import DEMO
from trainer.model import Model

SHIPPED_ENSEMBLES = "ensembles"
"""The folder of those that come with the shipped bundle, beside it."""
Decode = Callable[[], Tensor]


def check_length(samples: int, entry: Entry, field: str) -> None:
    """Raise Problem where the deepest module of `entry` has no frame in so many samples."""
    needed = max(geometry.minimum_samples for geometry in entry.geometry)
    if samples < needed:
        duration, least = samples / entry.sample_rate, needed / entry.sample_rate
        detail = f"The recording lasts {duration:.4f} s, too short for the deepest module; send at least {least:.4f} s."
        raise Problem(AUDIO_CONTENT, detail, field=field)


class Engine:
    """Holds what outlives a request. Its methods compute: call them, and what takes an Engine, through `worker`."""

    def __init__(self, settings: Settings, shipped: Path = DEMO) -> None:
        self.settings = settings
        self.limits = AudioLimits(settings.max_seconds, settings.max_channels, settings.min_rate, settings.max_rate)
        roots = (shipped, shipped.parent / SHIPPED_ENSEMBLES, *settings.models)
        self.catalogue, self.ensembles = Catalogue(roots, settings.models_loaded), Ensembles(roots[1:])
        self.clips = ClipStore(settings.clip_store_bytes, settings.clip_age_seconds)
        self.spectrograms = Spectrograms()
        # Numbers next to nothing would take a processor thirty times as long, and a recording may hold nothing else.
        self.worker = Worker(settings.queue, lambda: torch.set_flush_denormal(True))

    def open(self, name: str | None) -> tuple[Entry, Model]:
        """The model called `name`, or the default. Raises Problem where there is none."""
        entry = self.catalogue.get(name)
        return entry, self.catalogue.model(entry)

    def clip_for(self, name: str, entry: Entry, field: str = "clip") -> Clip:
        """The clip called `name`, which the model `entry` can take. Raises Problem that names `field` of the request:
        clip-unknown, also where it was read at another rate, or audio-content where it is too short.
        """
        clip = self.clips.get(name, field)
        if clip.sample_rate != entry.sample_rate:
            raise unknown_clip(
                field,
                f"This clip was read at {clip.sample_rate} Hz and model {entry.name} works at {entry.sample_rate} Hz; "
                "send the recording to /encode again, for this model.",
            )
        check_length(len(clip.waveform), entry, field)
        return clip

    def encoded(self, name: str, clip: Clip, entry: Entry, model: Model) -> Encoded:
        """What `model` makes of the clip, remembered as long as there is room."""
        known = clip.encoded.get(entry.digest)
        if known is None:
            known = Encoded(tuple(model.encode(clip.waveform)), model.gain(clip.waveform))
            self.clips.keep(name, entry.digest, known)
        return known

    def unedited(
        self, name: str, encoded: Encoded, entry: Entry, module: int, base: Hashable, decode: Decode
    ) -> Tensor:
        """What the latents called `base` of a clip's module sound like, decoded once as long as there is room."""
        known = encoded.unedited.get(module)
        if known is None or known.base != base:
            known = Unedited(base, decode())
            encoded = replace(encoded, unedited={**encoded.unedited, module: known})
            self.clips.keep(name, entry.digest, encoded)
        return known.sound

    def warm_up(self) -> None:
        """Open the default model, which tries it out, and make a picture, so that no request pays for first use. Raises
        Problem without a model.
        """
        entry, _ = self.open(None)
        self.spectrograms.picture(np.zeros(entry.sample_rate, dtype=np.float32), entry.sample_rate)
