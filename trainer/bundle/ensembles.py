"""Schema of ensemble.json: the comparison of the channels of several models."""

from __future__ import annotations

import base64
import binascii
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, Field, TypeAdapter, model_validator

from trainer.bundle.files import BundleError, parse, read_json, write_json
from trainer.config import Frozen

ENSEMBLE = "ensemble.json"
ENSEMBLE_VERSION: Literal[1] = 1
_DTYPES = {"float16": "<f2", "float32": "<f4"}


class PackedArray(Frozen):
    """An array of floats as in the HTTP API: `data` is base64, little endian, row-major."""

    shape: tuple[int, ...] = Field(max_length=2)
    dtype: Literal["float16", "float32"]
    data: str

    @classmethod
    def of(cls, values: NDArray[np.floating], dtype: Literal["float16", "float32"] = "float16") -> PackedArray:
        """`values` packed as `dtype`."""
        raw = np.ascontiguousarray(values, dtype=np.dtype(_DTYPES[dtype])).tobytes()
        return cls(shape=values.shape, dtype=dtype, data=base64.b64encode(raw).decode("ascii"))

    @model_validator(mode="after")
    def _check_size(self) -> PackedArray:
        try:
            size = len(base64.b64decode(self.data, validate=True))
        except (binascii.Error, ValueError):
            raise ValueError("data is not base64") from None
        if size != math.prod(self.shape) * np.dtype(_DTYPES[self.dtype]).itemsize:
            raise ValueError(f"data has {size} bytes, which does not fit {self.dtype} of shape {self.shape}")
        return self

    def unpacked(self) -> NDArray[np.float32]:
        """The array, as float32."""
        values = np.frombuffer(base64.b64decode(self.data), np.dtype(_DTYPES[self.dtype]))
        return values.reshape(self.shape).astype(np.float32)


class Estimate(Frozen):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


class Member(Frozen):
    """One model: the folder name of its bundle, its preset, seed and digest, and its KL (nats per frame) per module."""

    member: str
    preset: str
    seed: int
    digest: str
    kl: tuple[float, ...] = ()


class Channel(Frozen):
    """One dimension of one module of member number `member`. `bits`: upper bound on its information about the samples.
    `monte_carlo`: the Monte Carlo estimate of that information.
    """

    member: int = Field(ge=0)
    module: int = Field(ge=1)
    dim: int = Field(ge=0)
    bits: float
    monte_carlo: Estimate


class LabelChannel(Frozen):
    """A label treated as a channel: its number of classes, its entropy in `bits`, and its NMI and mutual information
    (bits) with each channel [channels].
    """

    label: str
    classes: int
    bits: float
    nmi: tuple[float, ...]
    shared_bits: tuple[float, ...]


class HotSpotLabel(Frozen):
    """A label's NMI with a hot spot's centre, its mean NMI with the members, and its mutual information (bits) with the
    centre.
    """

    label: str
    nmi: Estimate
    mean_nmi: float
    shared_bits: Estimate


class HotSpot(Frozen):
    """A cluster of channels with the same information; channel numbers in order of reachability.

    `centre`: the channel with the smallest distance to the others. `models`: number of models with a channel in it.
    `stability`: mean overlap with the clusters of resampled recordings; `stability_of_models`: of a part of the models.
    """

    channels: tuple[int, ...] = Field(min_length=1)
    centre: int
    models: int
    modules: tuple[int, ...]
    bits: float
    mean_nmi: float
    mean_vi: float
    stability: Estimate
    stability_of_models: Estimate
    labels: tuple[HotSpotLabel, ...]


class ModuleComparison(Frozen):
    """Comparison of pairs of models in one module, with all its dimensions as one channel.

    `bits`: mean over models of the information about the samples, at most `ceiling` = log2(number of samples).
    """

    module: int
    nmi: Estimate
    vi: Estimate
    bits: float
    ceiling: float


class FusedRow(Frozen):
    """A channel fused from the hot spot number `spot`, compared with the best single channel of the hot spot in
    `measure` (in `unit`), with the paired `difference`.
    """

    spot: int
    measure: str
    unit: str
    fused: Estimate
    best: Estimate
    difference: Estimate
    best_channel: int


class Ensemble(Frozen):
    """ensemble.json.

    Matrices are [channels, channels] in the order of `channels`. `order` is the OPTICS order; `reachability` is per
    channel, null for the first. `samples`, `clips`, `split`, `seed` and `modules` are the requested settings; `frames`
    and `recordings` are the numbers actually used.
    """

    format_version: Literal[1] = ENSEMBLE_VERSION
    name: str
    data: str
    split: Literal["validation", "train", "all"] = Field(validation_alias=AliasChoices("split", "side"))
    samples: int
    clips: int
    seed: int
    modules: tuple[int, ...] | None
    frames: int = Field(validation_alias=AliasChoices("frames", "moments"))
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
    spaces: tuple[ModuleComparison, ...]
    fusion: tuple[FusedRow, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Ensemble:
        count = len(self.channels)
        if sorted(self.order) != list(range(count)) or len(self.reachability) != count:
            raise ValueError("order and reachability must have each channel exactly once")
        if any(each.shape != (count, count) for each in (self.nmi, self.vi) if each is not None):
            raise ValueError("nmi and vi must have shape [channels, channels]")
        if any(channel.member >= len(self.members) for channel in self.channels):
            raise ValueError("channels: a channel has a member number that does not exist")
        inside = [number for spot in self.hot_spots for number in (*spot.channels, spot.centre)]
        if any(not 0 <= number < count for number in inside):
            raise ValueError("hot_spots: a hot spot has a channel number that does not exist")
        return self


def write_ensemble(folder: Path, ensemble: Ensemble) -> None:
    """Write ensemble.json to `folder`, atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / ENSEMBLE, ensemble.model_dump(mode="json"))


def read_ensemble(folder: Path) -> Ensemble:
    """ensemble.json of `folder`. Raises BundleError if it is missing, invalid or of another format version."""
    raw: Any = read_json(folder, ENSEMBLE)
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != ENSEMBLE_VERSION:
        raise BundleError(
            f"{ENSEMBLE}: format version {version!r} is unknown (known: {ENSEMBLE_VERSION}); update SIM Explorer"
        )
    return parse(TypeAdapter(Ensemble), raw, ENSEMBLE)
