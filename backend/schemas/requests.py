"""Requests of the HTTP contract: OpenAPI tells them by these models, and every request is validated by one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.schemas.arrays import Array
from backend.schemas.fields import ClipName, ModelName, ModuleNumber
from trainer.edits import MAX_VALUE, Edit

MOST_CELLS = 64
"""Pictures that one request may ask for."""

WhichModel = Annotated[ModelName | None, Field(description="Which model; the default one where left out.")]
DimNumber = Annotated[int, Field(ge=0, description="A dimension, counted from 0.")]
Values = Annotated[
    list[Annotated[float, Field(ge=-MAX_VALUE, le=MAX_VALUE)]],
    Field(min_length=1, max_length=MOST_CELLS, description="What the dimension is set to, one after another."),
]
TopK = Annotated[
    Annotated[int, Field(ge=1)] | None,
    Field(description="Move only so many dimensions, those that contribute most to the distance; all where left out."),
]


class Strict(BaseModel):
    """Refuses what it does not know, converts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class EncodeForm(BaseModel):
    """The multipart body of /encode."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="The recording: WAV, FLAC, Ogg or MP3.")
    model: WhichModel = None


class ClipQuery(BaseModel):
    """The query of /clips/{clip}."""

    model_config = ConfigDict(extra="forbid")

    model: WhichModel = None


class LatentsQuery(ClipQuery):
    """The query of /clips/{clip}/latents."""

    module: ModuleNumber


class EditBody(Edit):
    """A change of one dimension over a span of time: `set` it to the value, `add` the value, or `scale` by it.

    `start` and `end` are seconds; left out, the span reaches to that border of the clip.
    """

    model_config = ConfigDict(strict=True)


class Toward(Strict):
    """A move of the base straight toward another clip, before any edit.

    The other clip's frames are first brought, linearly, to the number of the base's, so that both begin and end
    together: the sound keeps the length, the pace and the loudness of the base.
    """

    model_config = ConfigDict(frozen=True)

    clip: ClipName
    share: float = Field(ge=0, le=1, description="How far: 0 leaves the base as it is, 1 goes all of the way.")
    top_k: TopK = None


class DecodeRequest(Strict):
    """The body of /decode: a base (exactly one of `clip`, `latents` and `seconds`) and edits to it."""

    model: WhichModel = None
    module: ModuleNumber
    clip: ClipName | None = None
    latents: Array | None = Field(None, description="Latents of your own, [dims, frames].")
    seconds: float | None = Field(None, ge=0.05, le=60, description="Length of a sound made from nothing.")
    base: Literal["mean", "sample", "zero", "prior"] = Field(
        "mean", description="Mean or sample of the clip's posterior, zero, or a draw of N(0, I). Not with latents."
    )
    seed: int = Field(0, ge=0, le=2**53 - 1, description="Of the sample or the draw.")
    toward: Toward | None = Field(None, description="Another clip to move toward. Only with a clip's mean or sample.")
    edits: list[EditBody] = Field(default=[], max_length=1000, description="Applied in this order.")

    @model_validator(mode="after")
    def _one_base(self) -> DecodeRequest:
        given = [name for name in ("clip", "latents", "seconds") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"Give exactly one of clip, latents and seconds, not {' and '.join(given) or 'none'}.")
        if self.latents is not None and "base" in self.model_fields_set:
            raise ValueError("base: latents are the base themselves; leave base out.")
        if self.seconds is not None and self.base not in ("zero", "prior"):
            raise ValueError('base: seconds needs base "zero" or "prior", since there is no clip to start from.')
        if self.toward is not None and (self.clip is None or self.base not in ("mean", "sample")):
            raise ValueError('toward: starts from a clip; give clip, and base "mean" or "sample", or leave toward out.')
        return self


class Across(Strict):
    """The second dimension of a traversal, along the columns."""

    dim: DimNumber
    values: Values


class Window(Strict):
    """A stretch of time, in seconds."""

    start: float = Field(ge=0)
    end: float = Field(gt=0)


SeenWindow = Annotated[
    Window | None, Field(description="Show only this stretch, of a long clip say; all of it where left out.")
]


class TraverseRequest(DecodeRequest):
    """The body of /traverse: what /decode is told, and one dimension, or two, that are then set to one value after
    another, over the whole clip or from `start` to `end`.
    """

    dim: DimNumber
    values: Values
    across: Across | None = Field(None, description="A second dimension: a column for each of its values.")
    start: float | None = Field(None, ge=0, description="In seconds; the clip's beginning where left out.")
    end: float | None = Field(None, gt=0, description="In seconds; the clip's end where left out.")
    window: SeenWindow = None


class InterpolateRequest(Strict):
    """The body of /interpolate: two clips and how to go from the one to the other."""

    model: WhichModel = None
    module: ModuleNumber
    from_: ClipName = Field(alias="from")
    to: ClipName
    top_k: TopK = None
    steps: int = Field(9, ge=2, le=33, description="Pictures, both ends among them.")
    window: SeenWindow = None
