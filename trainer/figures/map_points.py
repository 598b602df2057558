"""Points of a map in a report: frames, phones or utterances with time spans, labels and positions in every module."""

from __future__ import annotations

import base64
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, model_validator

from trainer.bundle import Report
from trainer.config import Frozen

MAP_KEY = "map"
"""Key of a report: its maps."""
Unit = Literal["frame", "phone", "utterance"]
Places = tuple[tuple[float, float], ...]


class Latents(Frozen):
    """float16 [points, dims]: `data` is base64, little endian, row-major."""

    shape: tuple[int, int]
    dtype: Literal["float16"] = "float16"
    data: str


class ModulePoints(Frozen):
    """Positions of the points in one module.

    `places`: coordinates on the principal plane with `axes` [2, dims] through `centre` [dims]; `shares` of variance
    along the axes. `neighbours`: UMAP coordinates, if computed.
    """

    module: int = Field(ge=1)
    centre: tuple[float, ...]
    axes: tuple[tuple[float, ...], tuple[float, ...]]
    shares: tuple[float, float]
    places: Places
    neighbours: Places | None = None
    latents: Latents


class PointMap(Frozen):
    """The points of one `unit`.

    Each is the span from `start` to `end` (seconds) of a clip. `examples`: the clips are the bundle's examples and can
    be played; otherwise they are recordings of a corpus. `labels`: by factor, a name or quantity per point, None if
    unknown; f0 in Hz.
    """

    unit: Unit
    examples: bool
    clips: tuple[str, ...]
    start: tuple[float, ...]
    end: tuple[float, ...]
    labels: dict[str, tuple[str | float | None, ...]]
    modules: tuple[ModulePoints, ...]

    @model_validator(mode="after")
    def _has_equal_columns(self) -> PointMap:
        columns = [self.start, self.end, *self.labels.values(), *(part.places for part in self.modules)]
        columns += [part.neighbours for part in self.modules if part.neighbours is not None]
        if {len(column) for column in columns} != {len(self.clips)}:
            raise ValueError("every column must have a value for each point")
        if any(part.latents.shape != (len(self.clips), len(part.centre)) for part in self.modules):
            raise ValueError("latents must be [points, dims]")
        return self


def point_maps(report: Report) -> list[PointMap]:
    """Maps of `report`. Raises ValueError if the content of MAP_KEY is invalid."""
    return TypeAdapter(list[PointMap]).validate_python((report.model_extra or {}).get(MAP_KEY, []))


def pack_latents(values: NDArray[np.floating]) -> Latents:
    """`values` [points, dims] encoded for a report."""
    points, dims = values.shape
    raw = np.ascontiguousarray(values, dtype="<f2").tobytes()
    return Latents(shape=(points, dims), data=base64.b64encode(raw).decode("ascii"))
