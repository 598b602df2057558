"""Stores of decoded recordings, and random crops of them.

A store is one flat float32 file in the run's cache: all recordings at the model's sample rate and loudness, one after
another. It is memory-mapped, so that a corpus may be larger than memory; each file is decoded only once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.audio import loudness_gain
from trainer.corpus.audio_files import read_recording
from trainer.corpus.recording import CorpusError, Recording
from trainer.runtime.atomic_write import atomic_write


class CropStore:
    """The decoded recordings of one part of a split, concatenated in `samples`.

    `lengths` are in samples, 0 for unreadable recordings. Each crop is resampled to one of `speeds`, which its position
    determines.
    """

    def __init__(
        self,
        samples: NDArray[np.float32],
        lengths: Sequence[int] | NDArray[np.int64],
        speeds: Sequence[float] = (1.0,),
    ) -> None:
        self.samples = samples
        self.speeds = tuple(speeds)
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])

    @property
    def total_samples(self) -> int:
        return int(self.lengths.sum())

    def waveform(self, index: int) -> NDArray[np.float32]:
        """The whole recording `index` [samples]."""
        return np.asarray(self.samples[self.starts[index] : self.starts[index] + self.lengths[index]])

    def crops(self, count: int, length: int, generator: Generator) -> Tensor:
        """`count` random crops [count, length], with a uniform distribution over the store's samples.

        A recording shorter than `length` is padded with zeros to a random position.
        """
        return self.crops_at(self.draw_positions(count, generator), length)

    def draw_positions(self, count: int, generator: Generator) -> Tensor:
        """`count` sample positions drawn uniformly from the store [count]. Nothing is read."""
        return torch.randint(self.total_samples, (count,), generator=generator)

    def batch_at(self, positions: Tensor, length: int) -> Any:
        """The batch that the objective takes, for `positions` [count]: crops [count, length]."""
        return self.crops_at(positions, length)

    def crops_at(self, positions: Tensor, length: int) -> Tensor:
        """The crops around `positions` [count] -> [count, length]."""
        return torch.stack([self._crop_at_speed(position, length) for position in positions.tolist()])

    def recordings_at(self, positions: Tensor) -> NDArray[np.int64]:
        """Indices of the recordings that contain `positions` [count] -> [count]."""
        return np.searchsorted(self.starts, positions.numpy(), side="right") - 1

    def _crop_at_speed(self, position: int, length: int) -> Tensor:
        """A crop [length] resampled to its speed: a higher speed raises pitch and formants, as in a shorter tract."""
        speed = self.speeds[position % len(self.speeds)]
        if speed == 1.0:
            return torch.from_numpy(self._crop(position, length))
        resampled = soxr.resample(self._crop(position, math.ceil(length * speed)), speed, 1.0, quality="HQ")[:length]
        return torch.from_numpy(np.pad(resampled, (0, length - len(resampled))))

    def _crop(self, position: int, length: int) -> NDArray[np.float32]:
        """A crop [length] centred on `position`, shifted to lie within its recording."""
        index = int(np.searchsorted(self.starts, position, side="right")) - 1
        begin, end = int(self.starts[index]), int(self.starts[index] + self.lengths[index])
        first = min(max(position - length // 2, begin), max(begin, end - length))
        crop = np.zeros(length, dtype=np.float32)
        piece = self.samples[first : min(first + length, end)]
        offset = (position % (length - len(piece) + 1)) if len(piece) < length else 0
        crop[offset : offset + len(piece)] = piece
        return crop


class LabelledStore(CropStore):
    """A store whose batches include the class of each crop's recording; `classes` [recordings]."""

    def __init__(self, store: CropStore, classes: Sequence[int]) -> None:
        super().__init__(store.samples, store.lengths, store.speeds)
        self.classes = torch.tensor(classes)

    def batch_at(self, positions: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """Crops [count, length] around `positions` [count], and their classes [count]."""
        return self.crops_at(positions, length), self.classes[self.recordings_at(positions)]


def open_store(
    recordings: Sequence[Recording],
    cache: Path,
    sample_rate: int,
    loudness_dbfs: float | None,
    name: str,
    speeds: Sequence[float] = (1.0,),
) -> CropStore:
    """The store of `recordings` in the folder `cache`; they are decoded if no earlier run has done so.

    `name` ("training", "validation") is for messages. Raises CorpusError if no recording can be read.
    """
    cache.mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256(
        "\n".join(
            [str(sample_rate), str(loudness_dbfs), *(f"{r.path.resolve()}|{r.path.stat().st_size}" for r in recordings)]
        ).encode()
    ).hexdigest()[:16]
    samples_file, index_file = cache / f"{identity}.f32", cache / f"{identity}.json"
    with FileLock(cache / f"{identity}.lock"):  # concurrent runs may share a cache
        lengths = _cached_lengths(samples_file, index_file, len(recordings))
        if lengths is None:
            lengths = _decode(recordings, samples_file, sample_rate, loudness_dbfs, name)
            with atomic_write(index_file) as stream:
                stream.write(json.dumps(lengths).encode())
    return CropStore(np.memmap(samples_file, dtype=np.float32, mode="r", shape=(sum(lengths),)), lengths, speeds)


def _cached_lengths(samples_file: Path, index_file: Path, recordings: int) -> list[int] | None:
    """Lengths of the recordings of a cached store, or None if it is missing or incomplete."""
    try:
        lengths: list[int] = json.loads(index_file.read_text())
        complete = samples_file.stat().st_size == sum(lengths) * np.dtype(np.float32).itemsize
    except (OSError, ValueError, TypeError):
        return None
    return lengths if complete and len(lengths) == recordings else None


def _decode(
    recordings: Sequence[Recording], file: Path, sample_rate: int, loudness_dbfs: float | None, name: str
) -> list[int]:
    """Decode the recordings one by one into `file`; returns their lengths in samples."""
    lengths, errors = [], []
    with atomic_write(file) as stream:
        for recording in tqdm(recordings, desc=f"decode {name}", unit="file", leave=False):
            try:
                waveform = read_recording(recording, sample_rate)
            except CorpusError as error:
                errors.append(str(error))
                lengths.append(0)
                continue
            if loudness_dbfs is not None:
                waveform = waveform * np.float32(loudness_gain(waveform, loudness_dbfs))
            stream.write(np.ascontiguousarray(waveform, dtype=np.float32).tobytes())
            lengths.append(len(waveform))
        if not any(lengths):
            reason = f"; the first: {errors[0]}" if errors else ""
            raise CorpusError(f"no recording of the {name} part could be read{reason}")
    if errors:
        tqdm.write(f"{len(errors)} of {len(recordings)} recordings could not be read; the first: {errors[0]}")
    return lengths
