"""Requests and answers of the HTTP contract, as OpenAPI tells them.

Requests are validated by these models. Answers are written straight from arrays (see backend.arrays) for speed, and
the tests hold them to these models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.arrays import Array
from trainer.edits import Edit

CLIP_PATTERN = r"^[0-9a-f]{32}$"

ClipName = Annotated[str, Field(pattern=CLIP_PATTERN, description="A clip, as /encode named it.")]
ModelName = Annotated[str, Field(min_length=1, max_length=64, description="A model, as /models lists it.")]
ModuleNumber = Annotated[int, Field(ge=1, description="A module, counted from 1 at the waveform.")]


class Strict(BaseModel):
    """Refuses what it does not know, converts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


# --- requests ---------------------------------------------------------------------------------------------------------


class EncodeForm(BaseModel):
    """The multipart body of /encode."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="The recording: WAV, FLAC, Ogg or MP3.")
    model: ModelName | None = Field(None, description="Which model; the default one where left out.")


class LatentsQuery(BaseModel):
    """The query of /clips/{clip}/latents."""

    model_config = ConfigDict(extra="forbid")

    module: ModuleNumber
    model: ModelName | None = Field(None, description="Which model; the default one where left out.")


class EditBody(Edit):
    """A change of one dimension over a span of time: `set` it to the value, `add` the value, or `scale` by it.

    `start` and `end` are seconds; left out, the span reaches to that border of the clip.
    """

    model_config = ConfigDict(strict=True)


class DecodeRequest(Strict):
    """The body of /decode: a base (exactly one of `clip`, `latents` and `seconds`) and edits to it."""

    model: ModelName | None = Field(None, description="Which model; the default one where left out.")
    module: ModuleNumber
    clip: ClipName | None = None
    latents: Array | None = Field(None, description="Latents of your own, [dims, frames].")
    seconds: float | None = Field(None, ge=0.05, le=60, description="Length of a sound made from nothing.")
    base: Literal["mean", "sample", "zero", "prior"] = Field(
        "mean", description="Mean or sample of the clip's posterior, zero, or a draw of N(0, I). Not with latents."
    )
    seed: int = Field(0, ge=0, le=2**53 - 1, description="Of the sample or the draw.")
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
        return self


# --- answers ----------------------------------------------------------------------------------------------------------


class Answer(BaseModel):
    """What a test of an answer is strict about."""

    model_config = ConfigDict(extra="forbid")


class ModelSummary(Answer):
    model: str
    digest: str = Field(description="SHA-256 of the model's configuration and weights: its identity.")
    sample_rate: int
    modules: int


class ModelList(Answer):
    models: list[ModelSummary] = Field(description="The default first.")


class Label(Answer):
    factor: str
    bits: float
    low: float
    high: float


class Dimension(Answer):
    dim: int
    kl: float | None = Field(description="Mean KL to N(0, 1), nats a frame; null where unknown or without meaning.")
    active: bool | None = Field(description="Whether the dimension carries anything; null where unknown.")
    sensitivity: float | None = Field(description="Change of the decoded log-mel, dB per unit; null where unknown.")
    labels: list[Label] = Field(description="What the dimension tells about, most first.")


class Module(Answer):
    module: int
    dims: int
    hop_seconds: float
    frame_rate: float
    receptive_field_seconds: float
    dimensions: list[Dimension]


class ModelDetail(Answer):
    model: str
    digest: str
    sample_rate: int
    modules: list[Module]


class ExampleSummary(BaseModel):
    """An example clip of a model; further keys tell its labels."""

    model_config = ConfigDict(extra="allow")

    id: str
    label: str
    duration: float


class ExampleList(Answer):
    examples: list[ExampleSummary]


class Spectrogram(Answer):
    values: Array = Field(description="Log-mel power in dB, [bands, frames].")
    hop_seconds: float
    band_hz: list[float] = Field(description="Centre of each band.")


class EncodedModule(Answer):
    module: int
    frames: int
    hop_seconds: float
    dims: int
    mean: list[float] = Field(description="Of each dimension, the mean over frames of the posterior mean.")
    std: list[float] = Field(description="The standard deviation over frames of the posterior mean.")
    kl: list[float | None] = Field(description="The mean KL, nats a frame; null where the encoder is deterministic.")


class EncodeAnswer(Answer):
    model: str
    clip: ClipName
    sample_rate: int
    samples: int
    duration: float
    waveform_peaks: Array = Field(description="[2, n]: least and greatest of n equal stretches.")
    spectrogram: Spectrogram
    modules: list[EncodedModule]


class PriorDistance(Answer):
    rms: float = Field(description="Root mean square of the latents decoded.")
    beyond: float | None = Field(description="Share of corpus frames farther out; null without a report.")


class DecodeAnswer(Answer):
    sample_rate: int
    samples: int
    audio: str = Field(description="A WAV file, base64.")
    limited: bool = Field(description="Whether the sound was turned down so as not to clip.")
    spectrogram: Spectrogram
    prior_distance: PriorDistance


class Health(Answer):
    status: Literal["ok"]
