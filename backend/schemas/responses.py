"""Answers of the HTTP contract, as OpenAPI tells them.

They are written straight from arrays (see backend.arrays) for speed; the tests hold them to these models.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.schemas.arrays import Array
from backend.schemas.fields import ClipName


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


class Histogram(Answer):
    """Equal bins from `low` to `high`; the first and last hold what lies beyond."""

    low: float
    high: float
    shares: list[float] = Field(description="Of the corpus's frames, in each bin; rounded, so they sum to about 1.")


class Dimension(Answer):
    dim: int
    kl: float | None = Field(description="Mean KL to N(0, 1), nats a frame; null where unknown or without meaning.")
    active: bool | None = Field(description="Whether the dimension carries anything; null where unknown.")
    sensitivity: float | None = Field(description="Change of the decoded log-mel, dB per unit; null where unknown.")
    mean: float | None = Field(description="Mean of the posterior mean over the corpus's frames; null where unknown.")
    std: float | None = Field(description="Its standard deviation over the corpus's frames; null where unknown.")
    histogram: Histogram | None = Field(description="Its distribution over the corpus's frames; null where unknown.")
    labels: list[Label] = Field(description="What the dimension tells about, most first.")


class Effect(Answer):
    """What +1 on a dimension does to a property of the decoded sound: the median of `n` clips with its 95 %
    interval, and half the range in which the middle half of them lies.
    """

    measure: str
    unit: str
    change: float
    low: float
    high: float
    spread: float
    n: int


class Evidence(Answer):
    """A stretch of a clip that drives a dimension far up or down: to `value` at the moment `at`."""

    clip: str
    example: bool = Field(description="Whether `clip` is one of the model's examples, which can be asked for.")
    way: Literal["up", "down"]
    value: float
    at: float
    start: float
    end: float
    phone: str | None = Field(description="Spoken there; empty for silence, null where phones are not known.")


class DimensionDetail(Dimension):
    """All that is known of one dimension."""

    model: str
    module: int
    factors: list[str] = Field(description="Those that were measured; `labels` holds the ones above chance.")
    effects: list[Effect] = Field(description="Empty where they were not measured.")
    evidence: list[Evidence] = Field(description="Upward first, farthest first; empty where none was sought.")


class Module(Answer):
    module: int
    dims: int
    hop_seconds: float
    frame_rate: float
    receptive_field_seconds: float
    first_frame_seconds: float = Field(description="The middle of what frame 0 sees; frame t's is t hops later.")
    dimensions: list[Dimension]


class ModelDetail(Answer):
    model: str
    digest: str
    sample_rate: int
    modules: list[Module]


class FigureList(Answer):
    figures: list[str] = Field(description="Those that the model's report has the numbers for.")


class Figure(BaseModel):
    """A figure as Plotly takes it."""

    model_config = ConfigDict(extra="forbid")

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class Points(Answer):
    model: str
    module: int
    unit: Literal["frame", "phone", "utterance"]
    latents: Array = Field(description="[points, dims]: means over time of the posterior means.")


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


_START = "Time of each picture's first frame, in seconds: 0 without a window."


class TraverseAnswer(Answer):
    rows: int = Field(description="How many values of `dim`.")
    columns: int = Field(description="How many values of `across.dim`; 1 without `across`.")
    start: float = Field(description=_START)
    spectrograms: list[Spectrogram] = Field(description="Row by row, as /decode would answer each.")


class InterpolateAnswer(Answer):
    contribution: list[float] = Field(
        description="Of each dimension, its share of the squared distance between the two clips' means over time."
    )
    start: float = Field(description=_START)
    spectrograms: list[Spectrogram] = Field(description="From the first clip to the second, as /decode would answer.")


class Health(Answer):
    status: Literal["ok"]
