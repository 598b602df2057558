"""Recordings decoded once, and random crops of them ever after.

A store is one flat float32 file beside the run: every recording at the model's rate and loudness, end to end. It is
memory-mapped, so that a corpus may be larger than memory and no epoch decodes a file again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from tqdm import tqdm

from trainer.audio import loudness_gain
from trainer.corpus.files import read_recording
from trainer.corpus.labels import CorpusError, Recording


class CropStore:
    """The decoded recordings of one side of a split. `lengths` are in samples; `recordings` are those that could be
    read.
    """

    def __init__(self, samples: NDArray[np.float32], lengths: Sequence[int]) -> None:
        self.samples = samples
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
        starts = torch.randint(self.total_samples, (count,), generator=generator)
        return torch.stack([self._crop(int(start), length) for start in starts])

    def _crop(self, moment: int, length: int) -> Tensor:
        """A crop whose middle is near `moment`, moved inside its recording."""
        index = int(np.searchsorted(self.starts, moment, side="right")) - 1
        begin, end = int(self.starts[index]), int(self.starts[index] + self.lengths[index])
        first = min(max(moment - length // 2, begin), max(begin, end - length))
        crop = np.zeros(length, dtype=np.float32)
        piece = self.samples[first : min(first + length, end)]
        offset = (moment % (length - len(piece) + 1)) if len(piece) < length else 0
        crop[offset : offset + len(piece)] = piece
        return torch.from_numpy(crop)


def open_store(
    recordings: Sequence[Recording], cache: Path, sample_rate: int, loudness_dbfs: float | None, name: str
) -> CropStore:
    """The store of `recordings` under the folder `cache`, decoded now unless an earlier run already did.

    Raises CorpusError when no recording can be read.
    """
    cache.mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256(
        "\n".join(
            [str(sample_rate), str(loudness_dbfs), *(f"{r.path.resolve()}|{r.path.stat().st_size}" for r in recordings)]
        ).encode()
    ).hexdigest()[:16]
    samples_file, index_file = cache / f"{identity}.f32", cache / f"{identity}.json"
    if not index_file.exists():
        lengths = _decode(recordings, samples_file, sample_rate, loudness_dbfs, name)
        index_file.write_text(json.dumps(lengths))
    lengths = json.loads(index_file.read_text())
    return CropStore(np.memmap(samples_file, dtype=np.float32, mode="r", shape=(sum(lengths),)), lengths)


def _decode(
    recordings: Sequence[Recording], file: Path, sample_rate: int, loudness_dbfs: float | None, name: str
) -> list[int]:
    lengths, refused = [], []
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")  # two runs may decode the same corpus at once
    with partial.open("wb") as stream:
        for recording in tqdm(recordings, desc=f"decode {name}", unit="file", leave=False):
            try:
                waveform = read_recording(recording, sample_rate)
            except CorpusError as error:
                refused.append(str(error))
                continue
            if loudness_dbfs is not None:
                waveform = waveform * np.float32(loudness_gain(waveform, loudness_dbfs))
            stream.write(np.ascontiguousarray(waveform, dtype=np.float32).tobytes())
            lengths.append(len(waveform))
    if refused:
        tqdm.write(f"{len(refused)} of {len(recordings)} recordings could not be read; the first: {refused[0]}")
    if not lengths:
        partial.unlink()
        raise CorpusError(f"no recording of the {name} part could be read")
    partial.replace(file)
    return lengths
