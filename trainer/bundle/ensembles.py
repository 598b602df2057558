"""ensemble.json: what was found out about the channels of many models."""

from __future__ import annotations

import base64
import binascii
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, model_validator

from trainer.bundle.documents import BundleError, parse, read_json, write_json
from trainer.config import Frozen

ENSEMBLE = "ensemble.json"
ENSEMBLE_VERSION: Literal[1] = 1
_DTYPES = {"float16": "<f2", "float32": "<f4"}


class PackedArray(Frozen):
    """Floats as the HTTP contract has them: `data` is base64, little endian, row-major."""

    shape: tuple[int, ...] = Field(max_length=2)
    dtype: Literal["float16", "float32"]
    data: str

    @classmethod
    def of(cls, values: NDArray[np.floating], dtype: Literal["float16", "float32"] = "float16") -> PackedArray:
        raw = np.ascontiguousarray(values, dtype=np.dtype(_DTYPES[dtype])).tobytes()
        return cls(shape=values.shape, dtype=dtype, data=base64.b64encode(raw).decode("ascii"))

    @model_validator(mode="after")
    def _holds_its_shape(self) -> PackedArray:
        try:
            size = len(base64.b64decode(self.data, validate=True))
        except (binascii.Error, ValueError):
            raise ValueError("data is not base64") from None
        if size != math.prod(self.shape) * np.dtype(_DTYPES[self.dtype]).itemsize:
            raise ValueError(f"data holds {size} bytes, which {self.dtype} of shape {self.shape} does not take")
        return self

    def unpacked(self) -> NDArray[np.float32]:
        values = np.frombuffer(base64.b64decode(self.data), np.dtype(_DTYPES[self.dtype]))
        return values.reshape(self.shape).astype(np.float32)


class Measured(Frozen):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Member(Frozen):
    """One model: the name of its bundle's folder, its preset, seed and digest, and KL (nats a frame) by module."""

    member: str
    preset: str
    seed: int
    digest: str
    kl: tuple[float, ...] = ()


class Channel(Frozen):
    """One dimension of one module of the member with number `member`: `bits` is the bound on what it tells of the
    samples, `monte_carlo` the same by draws.
    """

    member: int = Field(ge=0)
    module: int = Field(ge=1)
    dim: int = Field(ge=0)
    bits: float
    monte_carlo: Measured


class LabelChannel(Frozen):
    """A label as a channel: how many classes it has, what it tells, and its NMI and mutual information (bits) with
    every channel [channels].
    """

    label: str
    classes: int
    bits: float
    nmi: tuple[float, ...]
    shared_bits: tuple[float, ...]


class SpotLabel(Frozen):
    """How much of a label a hot spot holds: NMI of its centre and of its members on average, and what the centre
    shares with the label.
    """

    label: str
    nmi: Measured
    mean_nmi: float
    shared_bits: Measured


class HotSpot(Frozen):
    """Channels (their numbers, in order of reachability) that hold the same. `centre` is nearest to all others.
    `models` have a channel in it. `stability`: mean overlap with what resampled recordings give, and with
    what a part of the models gives.
    """

    channels: tuple[int, ...] = Field(min_length=1)
    centre: int
    models: int
    modules: tuple[int, ...]
    bits: float
    mean_nmi: float
    mean_vi: float
    stability: Measured
    stability_of_models: Measured
    labels: tuple[SpotLabel, ...]


class Space(Frozen):
    """A module as a whole: all its dimensions as one channel, each two models compared. `bits`: the mean over models of
    what it tells, at most `ceiling`, log2 of the number of samples.
    """

    module: int
    nmi: Measured
    vi: Measured
    bits: float
    ceiling: float


class FusedRow(Frozen):
    """A channel made of a group's: `spot` is the hot spot it is made of. `fused` and `best` member, and their paired
    `difference`, in `measure`, whose unit says `unit`.
    """

    spot: int
    measure: str
    unit: str
    fused: Measured
    best: Measured
    difference: Measured
    best_channel: int


class Ensemble(Frozen):
    """All of it. The matrices are [channels, channels] in the order of `channels`; `order` is that of OPTICS, and
    `reachability` is by channel, null for the first. `samples`, `clips`, `side`, `seed` and `modules` are what was
    asked for, `moments` of `recordings` what there was.
    """

    format_version: Literal[1] = ENSEMBLE_VERSION
    name: str
    data: str
    side: Literal["validation", "train", "all"]
    samples: int
    clips: int
    seed: int
    modules: tuple[int, ...] | None
    moments: int
    recordings: int
    distance: Literal["nmi", "vi"]
    min_samples: int
    steepness: float
    members: tuple[Member, ...]
    dropped: int
    channels: tuple[Channel, ...]
    nmi: PackedArray
    vi: PackedArray | None
    order: tuple[int, ...]
    reachability: tuple[float | None, ...]
    labels: tuple[LabelChannel, ...]
    hot_spots: tuple[HotSpot, ...]
    spaces: tuple[Space, ...]
    fusion: tuple[FusedRow, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Ensemble:
        count = len(self.channels)
        if sorted(self.order) != list(range(count)) or len(self.reachability) != count:
            raise ValueError("order and reachability must have every channel once")
        if any(each.shape != (count, count) for each in (self.nmi, self.vi) if each is not None):
            raise ValueError("the matrices must be channels by channels")
        if any(channel.member >= len(self.members) for channel in self.channels):
            raise ValueError("a channel is of a member that is not there")
        inside = [number for spot in self.hot_spots for number in (*spot.channels, spot.centre)]
        if any(not 0 <= number < count for number in inside):
            raise ValueError("a hot spot has a channel that is not there")
        return self


def write_ensemble(folder: Path, ensemble: Ensemble) -> None:
    """Into the ensemble's `folder`, replaced whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / ENSEMBLE, ensemble.model_dump(mode="json"))


def read_ensemble(folder: Path) -> Ensemble:
    """Raises BundleError where there is none that holds, or it is of another version."""
    raw: Any = read_json(folder, ENSEMBLE)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != ENSEMBLE_VERSION:
        raise BundleError(f"{ENSEMBLE}: format version {version!r} is unknown (known: {ENSEMBLE_VERSION})")
    return parse(TypeAdapter(Ensemble), raw, ENSEMBLE)
