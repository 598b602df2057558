"""Clip store in memory: waveforms and their posteriors per model, bounded in bytes, count and age."""

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
class CachedDecoding:
    """Waveform [samples] decoded from a module's latents before any edit, at the model's loudness.

    `key` identifies the latents.
    """

    key: Hashable
    waveform: Tensor


@dataclass(frozen=True)
class ClipEncoding:
    """A clip encoded by one model: one posterior per module, and the gain applied before encoding.

    `decodings` holds the last unedited decoding of each module, into which local edits are spliced.
    """

    posteriors: tuple[Posterior, ...]
    gain: float
    decodings: dict[int, CachedDecoding] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        tensors = [tensor for posterior in self.posteriors for tensor in (posterior.mean, posterior.logvar)]
        tensors += [decoding.waveform for decoding in self.decodings.values()]
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)


@dataclass
class Clip:
    """A checked waveform [samples] at its original loudness, and its encodings by model digest."""

    waveform: Waveform
    sample_rate: int
    last_used: float
    encodings: dict[str, ClipEncoding] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        """In seconds."""
        return len(self.waveform) / self.sample_rate

    @property
    def nbytes(self) -> int:
        return self.waveform.nbytes + sum(encoding.nbytes for encoding in self.encodings.values())


def clip_id(waveform: Waveform, sample_rate: int) -> str:
    """Hash of the waveform and its rate: independent of the file format and of the model."""
    hashed = hashlib.sha256(np.ascontiguousarray(waveform, dtype="<f4").tobytes())
    hashed.update(str(sample_rate).encode())
    return hashed.hexdigest()[:32]


class ClipStore:
    """Clips by id. Thread-safe.

    When memory runs short, the encodings of the least recently used clips are dropped first (they can be recomputed),
    then those clips. The waveform of the newest clip is always kept. Clips unused for `age_seconds` are dropped. At
    most `max_clips` are kept, because each takes some memory that `max_bytes` does not count.
    """

    def __init__(
        self, max_bytes: int, age_seconds: float, clock: Callable[[], float] = time.monotonic, max_clips: int = 10_000
    ) -> None:
        self._max_bytes, self._age, self._clock, self._max_clips = max_bytes, age_seconds, clock, max_clips
        self._total = 0  # bytes, updated on each change: summing over all clips would be slow for many clips
        self._clips: OrderedDict[str, Clip] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._clips)

    @property
    def nbytes(self) -> int:
        return self._total

    def put(self, waveform: Waveform, sample_rate: int) -> str:
        """Store `waveform` [samples]; returns its id."""
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
        """Clip with the id `name`. Raises Problem (clip-unknown) with the request field `field`."""
        with self._lock:
            self._drop_expired()
            clip = self._clips.get(name)
            if clip is None:
                raise unknown_clip(field)
            self._touch(name, clip)
            return clip

    def keep(self, name: str, digest: str, encoding: ClipEncoding) -> None:
        """Store the encoding of a clip by the model `digest`. Ignored if the clip was deleted in the meantime."""
        with self._lock:
            clip = self._clips.get(name)
            if clip is not None:
                self._drop_encoding(clip, digest)
                clip.encodings[digest] = encoding
                self._total += encoding.nbytes
                self._make_room()

    def delete(self, name: str) -> None:
        """Delete a clip and its encodings. Raises Problem (clip-unknown)."""
        with self._lock:
            self._drop_expired()
            if name not in self._clips:
                raise unknown_clip()
            self._total -= self._clips.pop(name).nbytes

    def drop_expired(self) -> None:
        """Drop clips that were not used for `age_seconds`."""
        with self._lock:
            self._drop_expired()

    def _touch(self, name: str, clip: Clip) -> None:
        clip.last_used = self._clock()
        self._clips.move_to_end(name)

    def _drop_expired(self) -> None:
        now = self._clock()
        while self._clips and now - next(iter(self._clips.values())).last_used > self._age:
            self._drop_oldest()

    def _make_room(self) -> None:
        for clip in self._clips.values():
            if self._total <= self._max_bytes:
                break
            while clip.encodings and self._total > self._max_bytes:
                self._drop_encoding(clip, next(iter(clip.encodings)))
        while len(self._clips) > 1 and (self._total > self._max_bytes or len(self._clips) > self._max_clips):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, clip = self._clips.popitem(last=False)
        self._total -= clip.nbytes

    def _drop_encoding(self, clip: Clip, digest: str) -> None:
        dropped = clip.encodings.pop(digest, None)
        self._total -= dropped.nbytes if dropped is not None else 0


def unknown_clip(field: str = "clip", reason: str = "no such clip, or it has expired") -> Problem:
    """Problem (clip-unknown) for the request field `field`."""
    return Problem(CLIP_UNKNOWN, f"{field}: {reason}; send the recording to /encode again.", field=field)
