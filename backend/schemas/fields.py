"""Fields shared by requests and responses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

CLIP_PATTERN = r"^[0-9a-f]{32}$"

ClipName = Annotated[str, Field(pattern=CLIP_PATTERN, description="Id of a clip, from /encode.")]
ModelName = Annotated[str, Field(min_length=1, max_length=64, description="Name of a model, from /models.")]
ModuleNumber = Annotated[int, Field(ge=1, description="Module, counted from 1 at the waveform.")]

Dtype = Literal["float16", "float32"]


class Array(BaseModel):
    """An array of floats; `data` is base64, little endian, row-major."""

    model_config = ConfigDict(extra="forbid", strict=True)

    shape: list[int] = Field(max_length=4)
    dtype: Dtype
    data: str
