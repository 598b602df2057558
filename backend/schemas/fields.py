"""What requests and answers both speak of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

CLIP_PATTERN = r"^[0-9a-f]{32}$"

ClipName = Annotated[str, Field(pattern=CLIP_PATTERN, description="A clip, as /encode named it.")]
ModelName = Annotated[str, Field(min_length=1, max_length=64, description="A model, as /models lists it.")]
ModuleNumber = Annotated[int, Field(ge=1, description="A module, counted from 1 at the waveform.")]
