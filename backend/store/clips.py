"""Encoded recordings: waveforms and, for every model that was asked, posteriors; bounded by bytes and age."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from backend.errors import CLIP_UNKNOWN, Problem
from trainer.model import Posterior

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Unedited:
    """What a module's latents sound like before any edit: [samples] at the model's loudness. `base`: which latents."""

    base: Hashable
    sound: Tensor


@dataclass(frozen=True)
class Encoded:
    """A clip seen by one model: one posterior a module, and the gain by which the model heard the clip louder.
    `unedited`: of each module, the last sound that edits were spliced into.
    """

    posteriors: tuple[Posterior, ...]
    gain: float
    unedited: dict[int, Unedited] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        tensors = [tensor for posterior in self.posteriors for tensor in (posterior.mean, posterior.logvar)]
        tensors += [one.sound for one in self.unedited.values()]
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)


@dataclass
class Clip:
    """A checked waveform [samples] at its own loudness, and what models (by digest) made of it."""

    waveform: Waveform
    sample_rate: int
    used: float
    encoded: dict[str, Encoded] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        return len(self.waveform) / self.sample_rate

    @property
    def nbytes(self) -> int:
        return self.waveform.nbytes + sum(encoded.nbytes for encoded in self.encoded.values())


def clip_id(waveform: Waveform, sample_rate: int) -> str:
    """The clip's name: the same waveform has the same one, whatever file it came in and whichever model it is for."""
    hashed = hashlib.sha256(np.ascontiguousarray(waveform, dtype="<f4").tobytes())
    hashed.update(str(sample_rate).encode())
    return hashed.hexdigest()[:32]


class ClipStore:
    """Clips by name. Safe to use from many threads.

    Where room is short the posteriors of the longest unused clips go first (they can be computed again), then those
    clips; the newest clip's waveform always stays. A clip unused for `age_seconds` is forgotten. No more than `most`
    are held, however small they are, since each takes some memory that is not counted.
    """

    def __init__(
        self, max_bytes: int, age_seconds: float, clock: Callable[[], float] = time.monotonic, most: int = 10_000
    ) -> None:
        self._max_bytes, self._age, self._clock, self._most = max_bytes, age_seconds, clock, most
        self._total = 0  # bytes; to sum them up for each clip would take longer the more there are
        self._clips: OrderedDict[str, Clip] = OrderedDict()  # longest unused first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._clips)

    @property
    def nbytes(self) -> int:
        return self._total

    def put(self, waveform: Waveform, sample_rate: int) -> str:
        """Keep `waveform` [samples] and return its name."""
        name = clip_id(waveform, sample_rate)
        with self._lock:
            clip = self._clips.get(name)
            if clip is None:
                clip = self._clips[name] = Clip(waveform, sample_rate, self._clock())
                self._total += clip.nbytes
            self._touch(name, clip)
            self._make_room()
        return name

    def get(self, name: str, field: str = "clip") -> Clip:
        """The clip called `name`. Raises Problem (clip-unknown) that names `field` where it is gone."""
        with self._lock:
            self._forget_old()
            clip = self._clips.get(name)
            if clip is None:
                raise unknown_clip(field)
            self._touch(name, clip)
            return clip

    def keep(self, name: str, digest: str, encoded: Encoded) -> None:
        """Remember what the model `digest` made of a clip, as long as there is room."""
        with self._lock:
            clip = self._clips.get(name)
            if clip is not None:
                self._drop_encoded(clip, digest)
                clip.encoded[digest] = encoded
                self._total += encoded.nbytes
                self._make_room()

    def forget(self, name: str) -> None:
        """Drop a clip and all that was made of it. Raises Problem (clip-unknown)."""
        with self._lock:
            self._forget_old()
            if name not in self._clips:
                raise unknown_clip()
            self._total -= self._clips.pop(name).nbytes

    def sweep(self) -> None:
        """Forget what is too old, without waiting for somebody to ask."""
        with self._lock:
            self._forget_old()

    def _touch(self, name: str, clip: Clip) -> None:
        clip.used = self._clock()
        self._clips.move_to_end(name)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._clips and now - next(iter(self._clips.values())).used > self._age:
            self._drop_oldest()

    def _make_room(self) -> None:
        for clip in self._clips.values():
            if self._total <= self._max_bytes:
                break
            while clip.encoded and self._total > self._max_bytes:
                self._drop_encoded(clip, next(iter(clip.encoded)))
        while len(self._clips) > 1 and (self._total > self._max_bytes or len(self._clips) > self._most):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, clip = self._clips.popitem(last=False)
        self._total -= clip.nbytes

    def _drop_encoded(self, clip: Clip, digest: str) -> None:
        dropped = clip.encoded.pop(digest, None)
        self._total -= dropped.nbytes if dropped is not None else 0


_FORGOTTEN = "This clip was never here or is forgotten; send the file to /encode again."


def unknown_clip(field: str = "clip", detail: str = _FORGOTTEN) -> Problem:
    """The part `field` of a request names a clip that is not there."""
    return Problem(CLIP_UNKNOWN, detail, field=field)
