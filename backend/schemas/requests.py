"""Requests of the HTTP contract."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.schemas.fields import Array, ClipName, ModelName, ModuleNumber
from trainer.edits import MAX_VALUE, Edit

MAX_SPECTROGRAMS = 64
"""Spectrograms per request."""

ModelChoice = Annotated[ModelName | None, Field(description="Name of a model; the default model if omitted.")]
DimNumber = Annotated[int, Field(ge=0, description="Dimension, counted from 0.")]
Values = Annotated[
    list[Annotated[float, Field(ge=-MAX_VALUE, le=MAX_VALUE)]],
    Field(min_length=1, max_length=MAX_SPECTROGRAMS, description="Values of the dimension, one spectrogram each."),
]
TopK = Annotated[
    Annotated[int, Field(ge=1)] | None,
    Field(description="Move only the dimensions that contribute most to the distance, this many; all if omitted."),
]


class StrictModel(BaseModel):
    """Model without unknown fields and without type conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class EncodeForm(BaseModel):
    """Multipart body of /encode."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="The recording: WAV, FLAC, Ogg or MP3.")
    model: ModelChoice = None


class ClipQuery(BaseModel):
    """Query of /clips/{clip}."""

    model_config = ConfigDict(extra="forbid")

    model: ModelChoice = None


class LatentsQuery(ClipQuery):
    """Query of /clips/{clip}/latents."""

    module: ModuleNumber


class NearestQuery(BaseModel):
    """Query of /ensembles/{ensemble}/nearest: one channel."""

    model_config = ConfigDict(extra="forbid")

    member: int = Field(ge=0, description="Index of the member in the ensemble, from 0.")
    module: ModuleNumber
    dim: int = Field(ge=0, description="Dimension, counted from 0.")


class EditBody(Edit):
    """A change of one dimension over a time span: `set` it to the value, `add` the value, or `scale` by the value.

    `start` and `end` are in seconds; if omitted, the span extends to the start or end of the clip.
    """

    model_config = ConfigDict(strict=True)


class Toward(StrictModel):
    """A linear move of the starting latents toward another clip, before any edit.

    The latents of the other clip are first resampled linearly to the same number of frames. The sound keeps the
    duration, timing and loudness of the first clip.
    """

    model_config = ConfigDict(frozen=True)

    clip: ClipName
    share: float = Field(ge=0, le=1, description="Distance to move: 0 is the first clip, 1 the other one.")
    top_k: TopK = None


class DecodeRequest(StrictModel):
    """Body of /decode: starting latents (exactly one of `clip`, `latents` and `seconds`) and edits."""

    model: ModelChoice = None
    module: ModuleNumber
    clip: ClipName | None = None
    latents: Array | None = Field(None, description="Latents [dims, frames].")
    seconds: float | None = Field(None, ge=0.05, le=60, description="Duration of a sound without a clip.")
    base: Literal["mean", "sample", "zero", "prior"] = Field(
        "mean",
        description="Mean of the clip's posterior, a sample of it, zeros, or a sample of N(0, I). Not with latents.",
    )
    seed: int = Field(0, ge=0, le=2**53 - 1, description="Random seed of `sample` and `prior`.")
    toward: Toward | None = Field(
        None, description="Another clip to move toward. Only with a clip and base mean or sample."
    )
    edits: list[EditBody] = Field(default=[], max_length=1000, description="Edits, applied in this order.")

    @model_validator(mode="after")
    def _check_source(self) -> DecodeRequest:
        given = [name for name in ("clip", "latents", "seconds") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"Send exactly one of clip, latents and seconds, not {' and '.join(given) or 'none'}.")
        if self.latents is not None and "base" in self.model_fields_set:
            raise ValueError("base: must be omitted with latents.")
        if self.seconds is not None and self.base not in ("zero", "prior"):
            raise ValueError('base: must be "zero" or "prior" with seconds.')
        if self.toward is not None and (self.clip is None or self.base not in ("mean", "sample")):
            raise ValueError('toward: needs clip and base "mean" or "sample"; omit toward otherwise.')
        return self


class Across(StrictModel):
    """Second dimension of a traversal, along the columns."""

    dim: DimNumber
    values: Values


class Window(StrictModel):
    """A section of time, in seconds."""

    start: float = Field(ge=0)
    end: float = Field(gt=0)


WindowChoice = Annotated[Window | None, Field(description="Section to show; the whole clip if omitted.")]


class TraverseRequest(DecodeRequest):
    """Body of /traverse: that of /decode, and one or two dimensions, each set to several values over the whole clip or
    from `start` to `end`.
    """

    dim: DimNumber
    values: Values
    across: Across | None = Field(None, description="Second dimension: one column per value.")
    start: float | None = Field(None, ge=0, description="In seconds; start of the clip if omitted.")
    end: float | None = Field(None, gt=0, description="In seconds; end of the clip if omitted.")
    window: WindowChoice = None


class InterpolateRequest(StrictModel):
    """Body of /interpolate: two clips and the number of steps between them."""

    model: ModelChoice = None
    module: ModuleNumber
    from_: ClipName = Field(alias="from")
    to: ClipName
    top_k: TopK = None
    steps: int = Field(9, ge=2, le=33, description="Number of spectrograms, including both clips.")
    window: WindowChoice = None
