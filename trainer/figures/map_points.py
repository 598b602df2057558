"""Points of a map as a report has them: frames, phones or utterances, where they are to be heard, what is known of
them, and where they lie in every module.
"""

from __future__ import annotations

import base64
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, model_validator

from trainer.bundle import Report
from trainer.config import Frozen

MAP_KEY = "map"
"""Where a report has its maps."""
Unit = Literal["frame", "phone", "utterance"]
Places = tuple[tuple[float, float], ...]


class Latents(Frozen):
    """float16 [points, dims]: `data` is base64, little endian, row-major."""

    shape: tuple[int, int]
    dtype: Literal["float16"] = "float16"
    data: str


class ModulePoints(Frozen):
    """Where points lie in one module: on the plane of `axes` [2, dims] through `centre` [dims], with the `shares` of
    variance along them, and, where UMAP was there, by neighbourhood.
    """

    module: int = Field(ge=1)
    centre: tuple[float, ...]
    axes: tuple[tuple[float, ...], tuple[float, ...]]
    shares: tuple[float, float]
    places: Places
    neighbours: Places | None = None
    latents: Latents


class PointMap(Frozen):
    """The points of one `unit`. Each is a stretch from `start` to `end` (seconds) of a clip: one of the bundle's
    `examples`, or else of a corpus, and cannot be played. `labels`: by factor, a name or quantity for each point, null
    where unknown; f0 is in Hz.
    """

    unit: Unit
    examples: bool
    clips: tuple[str, ...]
    start: tuple[float, ...]
    end: tuple[float, ...]
    labels: dict[str, tuple[str | float | None, ...]]
    modules: tuple[ModulePoints, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> PointMap:
        columns = [self.start, self.end, *self.labels.values(), *(part.places for part in self.modules)]
        columns += [part.neighbours for part in self.modules if part.neighbours is not None]
        if {len(column) for column in columns} != {len(self.clips)}:
            raise ValueError("every column must have a value for each point")
        if any(part.latents.shape != (len(self.clips), len(part.centre)) for part in self.modules):
            raise ValueError("latents must be [points, dims]")
        return self


def point_maps(report: Report) -> list[PointMap]:
    """Those of `report`. Raises ValueError where what it has under MAP_KEY is something else."""
    return TypeAdapter(list[PointMap]).validate_python((report.model_extra or {}).get(MAP_KEY, []))


def packed(values: NDArray[np.floating]) -> Latents:
    """`values` [points, dims] as a report has them."""
    points, dims = values.shape
    raw = np.ascontiguousarray(values, dtype="<f2").tobytes()
    return Latents(shape=(points, dims), data=base64.b64encode(raw).decode("ascii"))
