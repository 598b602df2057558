"""Responses of the HTTP contract, for OpenAPI.

Frequent responses are written directly from arrays for speed; tests validate them against these models.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.schemas.fields import Array, ClipName


class ResponseModel(BaseModel):
    """Base of responses; unknown fields are errors in tests."""

    model_config = ConfigDict(extra="forbid")


class ModelSummary(ResponseModel):
    model: str
    digest: str = Field(description="SHA-256 of the model's configuration and weights: its identity.")
    sample_rate: int
    modules: int


class ModelList(ResponseModel):
    models: list[ModelSummary] = Field(description="The default first.")


class Label(ResponseModel):
    factor: str
    bits: float
    low: float
    high: float


class Histogram(ResponseModel):
    """Histogram with equal bins from `low` to `high`; the first and last bin include values outside."""

    low: float
    high: float
    shares: list[float] = Field(description="Share of corpus frames per bin, rounded.")


class Dimension(ResponseModel):
    dim: int
    kl: float | None = Field(description="Mean KL to N(0, 1), nats per frame; null if unknown or undefined.")
    active: bool | None = Field(description="Whether the dimension is used; null if unknown.")
    sensitivity: float | None = Field(description="Change of the decoded log-mel, dB per unit; null if unknown.")
    mean: float | None = Field(description="Mean of the posterior mean over corpus frames; null if unknown.")
    std: float | None = Field(description="Standard deviation over corpus frames; null if unknown.")
    histogram: Histogram | None = Field(description="Distribution over corpus frames; null if unknown.")
    labels: list[Label] = Field(description="Factors with information in this dimension, most bits first.")


class Effect(ResponseModel):
    """Effect of +1 on a dimension on an acoustic property of the decoded sound: the median over `n` clips with its 95 %
    interval, and half the interquartile range (`spread`).
    """

    measure: str
    unit: str
    change: float
    low: float
    high: float
    spread: float
    n: int


class Evidence(ResponseModel):
    """A section of a clip with an extreme value of a dimension: `value` at the time `at`, in seconds."""

    clip: str
    example: bool = Field(description="Whether `clip` is one of the model's examples and can be fetched.")
    way: Literal["up", "down"]
    value: float
    at: float
    start: float
    end: float
    phone: str | None = Field(description="Phone at that time; empty for silence, null if unknown.")


class DimensionDetail(Dimension):
    """Everything the report has about one dimension."""

    model: str
    module: int
    factors: list[str] = Field(description="All factors measured; `labels` has those above chance.")
    effects: list[Effect] = Field(description="Empty if not measured.")
    evidence: list[Evidence] = Field(description="Highest values first, then lowest; empty if not computed.")


class Module(ResponseModel):
    module: int
    dims: int
    hop_seconds: float
    frame_rate: float
    receptive_field_seconds: float
    first_frame_seconds: float = Field(description="Centre of the receptive field of frame 0; frame t is t hops later.")
    dimensions: list[Dimension]


class ModelDetail(ResponseModel):
    model: str
    digest: str
    sample_rate: int
    modules: list[Module]


class FigureList(ResponseModel):
    figures: list[str] = Field(description="Figures for which the model's report has the data.")


class Figure(BaseModel):
    """A Plotly figure."""

    model_config = ConfigDict(extra="forbid")

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class Points(ResponseModel):
    model: str
    module: int
    unit: Literal["frame", "phone", "utterance"]
    latents: Array = Field(description="[points, dims]: means over time of the posterior means.")


class ExampleSummary(BaseModel):
    """An example clip of a model; further keys are its labels."""

    model_config = ConfigDict(extra="allow")

    id: str
    label: str
    duration: float


class ExampleList(ResponseModel):
    examples: list[ExampleSummary]


class Spectrogram(ResponseModel):
    values: Array = Field(description="Log-mel power in dB, [bands, frames].")
    hop_seconds: float
    band_hz: list[float] = Field(description="Centre frequency of each band.")


class EncodedModule(ResponseModel):
    module: int
    frames: int
    hop_seconds: float
    dims: int
    mean: list[float] = Field(description="Per dimension, mean over frames of the posterior mean.")
    std: list[float] = Field(description="Per dimension, standard deviation over frames of the posterior mean.")
    kl: list[float | None] = Field(
        description="Per dimension, mean KL in nats per frame; null for a deterministic encoder."
    )


class EncodeResponse(ResponseModel):
    model: str
    clip: ClipName
    sample_rate: int
    samples: int
    duration: float
    waveform_peaks: Array = Field(description="[2, n]: minimum and maximum of n equal segments.")
    spectrogram: Spectrogram
    modules: list[EncodedModule]


class LeastTypical(ResponseModel):
    """The least typical of the `frames` frames that were compared. The share of a typical frame is uniform: it is below
    s with probability s, and the least of n independent ones with probability 1 - (1 - s)^n.
    """

    share: float = Field(description="Share of corpus frames as extreme as it; 0: beyond every corpus frame.")
    at: float = Field(description="Time in seconds.")
    side: Literal["near", "far"] = Field(
        description="Whether it is nearer to the reference frames than most corpus frames are, or farther."
    )
    frames: int


class PriorDistance(ResponseModel):
    rms: float = Field(description="Root mean square of the decoded latents.")
    beyond: float | None = Field(description="Share of corpus frames with a larger RMS; null without a report.")
    typical: float | None = Field(
        description="Share of corpus frames as extreme as the frame of median typicality: 0.5 is expected. Null if the "
        "model has no reference frames, which are posterior means, or for a sample of the posteriors."
    )
    least: LeastTypical | None = Field(
        description="The least typical frame of the edited spans, or of the clip if an edit applies to all of it or "
        "there is none. Null where `typical` is."
    )


class DecodeResponse(ResponseModel):
    sample_rate: int
    samples: int
    audio: str = Field(description="WAV file, base64.")
    limited: bool = Field(description="Whether the sound was attenuated to stay within full scale.")
    spectrogram: Spectrogram
    prior_distance: PriorDistance


_START = "Time of the first frame of each spectrogram, in seconds; 0 without a window."


class TraverseResponse(ResponseModel):
    rows: int = Field(description="Number of values of `dim`.")
    columns: int = Field(description="Number of values of `across.dim`; 1 without `across`.")
    start: float = Field(description=_START)
    spectrograms: list[Spectrogram] = Field(description="Row by row, each as in the response of /decode.")


class InterpolateResponse(ResponseModel):
    contribution: list[float] = Field(
        description="Per dimension, its share of the squared distance between the clips' means over time."
    )
    start: float = Field(description=_START)
    spectrograms: list[Spectrogram] = Field(
        description="From the first clip to the second, each as in the response of /decode."
    )


class Health(ResponseModel):
    status: Literal["ok"]
