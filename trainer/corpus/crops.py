"""Recordings decoded once, and random crops of them ever after.

A store is one flat float32 file beside the run: every recording at the model's rate and loudness, end to end. It is
memory-mapped, so that a corpus may be larger than memory and no epoch decodes a file again.
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
from trainer.corpus.files import read_recording
from trainer.corpus.labels import CorpusError, Recording
from trainer.runtime.atomic_write import atomic_write


class CropStore:
    """The decoded recordings of one side of a split. `lengths` are in samples, 0 for a recording that
    could not be read. Each crop is played at one of `rates`, which its moment decides.
    """

    def __init__(
        self,
        samples: NDArray[np.float32],
        lengths: Sequence[int] | NDArray[np.int64],
        rates: Sequence[float] = (1.0,),
    ) -> None:
        self.samples = samples
        self.rates = tuple(rates)
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])

    @property
    def total_samples(self) -> int:
        return int(self.lengths.sum())

    def waveform(self, index: int) -> NDArray[np.float32]:
        """One whole recording [samples]."""
        return np.asarray(self.samples[self.starts[index] : self.starts[index] + self.lengths[index]])

    def crops(self, count: int, length: int, generator: Generator) -> Tensor:
        """[count, length], each moment of speech equally likely; a recording shorter than `length` stands whole at a
        random place in silence.
        """
        return self.crops_at(self.moments(count, generator), length)

    def moments(self, count: int, generator: Generator) -> Tensor:
        """[count] samples, each of the store's equally likely. Nothing is read."""
        return torch.randint(self.total_samples, (count,), generator=generator)

    def batch_at(self, moments: Tensor, length: int) -> Any:
        """What an objective is given of `moments` [count]: their crops."""
        return self.crops_at(moments, length)

    def crops_at(self, moments: Tensor, length: int) -> Tensor:
        """The crops [count, length] around `moments` [count]."""
        return torch.stack([self._played(moment, length) for moment in moments.tolist()])

    def recordings_at(self, moments: Tensor) -> NDArray[np.int64]:
        """The numbers of the recordings that `moments` [count] lie in [count]."""
        return np.searchsorted(self.starts, moments.numpy(), side="right") - 1

    def _played(self, moment: int, length: int) -> Tensor:
        """A crop of `length` samples once it is played at its rate: faster is higher, as from a shorter tract."""
        rate = self.rates[moment % len(self.rates)]
        if rate == 1.0:
            return torch.from_numpy(self._crop(moment, length))
        played = soxr.resample(self._crop(moment, math.ceil(length * rate)), rate, 1.0, quality="HQ")[:length]
        return torch.from_numpy(np.pad(played, (0, length - len(played))))

    def _crop(self, moment: int, length: int) -> NDArray[np.float32]:
        """A crop whose middle is near `moment`, moved inside its recording."""
        index = int(np.searchsorted(self.starts, moment, side="right")) - 1
        begin, end = int(self.starts[index]), int(self.starts[index] + self.lengths[index])
        first = min(max(moment - length // 2, begin), max(begin, end - length))
        crop = np.zeros(length, dtype=np.float32)
        piece = self.samples[first : min(first + length, end)]
        offset = (moment % (length - len(piece) + 1)) if len(piece) < length else 0
        crop[offset : offset + len(piece)] = piece
        return crop


class LabelledStore(CropStore):
    """A store whose crops come with the number of their recording's class, `classes` [recordings]."""

    def __init__(self, store: CropStore, classes: Sequence[int]) -> None:
        super().__init__(store.samples, store.lengths, store.rates)
        self.classes = torch.tensor(classes)

    def batch_at(self, moments: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """The crops [count, length] around `moments` [count], and their classes [count]."""
        return self.crops_at(moments, length), self.classes[self.recordings_at(moments)]


def open_store(
    recordings: Sequence[Recording],
    cache: Path,
    sample_rate: int,
    loudness_dbfs: float | None,
    name: str,
    rates: Sequence[float] = (1.0,),
) -> CropStore:
    """The store of `recordings` under the folder `cache`, decoded now unless an earlier run already did; its crops are
    played at `rates`.

    Raises CorpusError when no recording can be read.
    """
    cache.mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256(
        "\n".join(
            [str(sample_rate), str(loudness_dbfs), *(f"{r.path.resolve()}|{r.path.stat().st_size}" for r in recordings)]
        ).encode()
    ).hexdigest()[:16]
    samples_file, index_file = cache / f"{identity}.f32", cache / f"{identity}.json"
    with FileLock(cache / f"{identity}.lock"):  # two runs may want the same corpus at once; the later one finds it done
        lengths = _decoded(samples_file, index_file, len(recordings))
        if lengths is None:
            lengths = _decode(recordings, samples_file, sample_rate, loudness_dbfs, name)
            with atomic_write(index_file) as stream:
                stream.write(json.dumps(lengths).encode())
    return CropStore(np.memmap(samples_file, dtype=np.float32, mode="r", shape=(sum(lengths),)), lengths, rates)


def _decoded(samples_file: Path, index_file: Path, recordings: int) -> list[int] | None:
    """The lengths of the `recordings` of a store, None where it is missing or not as long as it should be."""
    try:
        lengths: list[int] = json.loads(index_file.read_text())
        whole = samples_file.stat().st_size == sum(lengths) * np.dtype(np.float32).itemsize
    except (OSError, ValueError, TypeError):
        return None
    return lengths if whole and len(lengths) == recordings else None


def _decode(
    recordings: Sequence[Recording], file: Path, sample_rate: int, loudness_dbfs: float | None, name: str
) -> list[int]:
    """Decode one recording after another into `file`; their lengths in samples."""
    lengths, refused = [], []
    with atomic_write(file) as stream:
        for recording in tqdm(recordings, desc=f"decode {name}", unit="file", leave=False):
            try:
                waveform = read_recording(recording, sample_rate)
            except CorpusError as error:
                refused.append(str(error))
                lengths.append(0)
                continue
            if loudness_dbfs is not None:
                waveform = waveform * np.float32(loudness_gain(waveform, loudness_dbfs))
            stream.write(np.ascontiguousarray(waveform, dtype=np.float32).tobytes())
            lengths.append(len(waveform))
        if not any(lengths):
            raise CorpusError(f"no recording of the {name} part could be read")
    if refused:
        tqdm.write(f"{len(refused)} of {len(recordings)} recordings could not be read; the first: {refused[0]}")
    return lengths
