"""What is asked and answered about ensembles."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.schemas.fields import ModuleNumber
from backend.schemas.responses import Answer


class NearestQuery(BaseModel):
    """A dimension of a member."""

    model_config = ConfigDict(extra="forbid")

    member: int = Field(ge=0, description="Its number among the members of the ensemble, counted from 0.")
    module: ModuleNumber
    dim: int = Field(ge=0, description="A dimension, counted from 0.")


class EnsembleSummary(Answer):
    ensemble: str
    members: int
    channels: int
    hot_spots: int
    data: str = Field(description="The recordings that channels were compared on.")


class EnsembleList(Answer):
    ensembles: list[EnsembleSummary]


class Interval(Answer):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class EnsembleMember(Answer):
    """One model of an ensemble."""

    member: str
    preset: str
    seed: int
    digest: str
    kl: list[float] = Field(description="Nats a frame, of each module.")
    model: str | None = Field(description="Its name in /models; null where it cannot be heard here.")


class EnsembleChannel(Answer):
    """One dimension of one module of a member."""

    member: int
    module: int
    dim: int
    bits: float = Field(description="A bound from below on what it tells of the moments.")
    monte_carlo: Interval = Field(description="The same by draws.")


class EnsembleLabel(Answer):
    label: str
    classes: int
    bits: float = Field(description="Its entropy.")


class SpotLabel(Answer):
    label: str
    nmi: Interval = Field(description="With the centre.")
    mean_nmi: float = Field(description="With the channels, on average.")
    shared_bits: Interval = Field(description="Between the centre and the label.")


class HotSpot(Answer):
    """Channels of many models that hold the same."""

    channels: list[int] = Field(description="Their numbers, in OPTICS' order.")
    nmi: list[float] = Field(description="Of each of them with the centre.")
    centre: int = Field(description="The channel that is nearest to all others.")
    models: int = Field(description="How many have a channel in it.")
    modules: list[int]
    bits: float = Field(description="What its channels tell, on average.")
    mean_nmi: float = Field(description="Of each two of its channels.")
    mean_vi: float
    stability: Interval = Field(description="Overlap with what resampled recordings give.")
    stability_of_models: Interval = Field(description="Overlap with what three quarters of the models give.")
    labels: list[SpotLabel] = Field(description="Those it is nearest to.")


class EnsembleDetail(Answer):
    ensemble: str
    data: str
    moments: int = Field(description="How many moments of the recordings channels were compared on.")
    recordings: int
    distance: Literal["nmi", "vi"]
    min_samples: int = Field(description="How many channels make a neighbourhood.")
    dropped: int = Field(description="Channels that tell next to nothing, which were left out.")
    members: list[EnsembleMember]
    channels: list[EnsembleChannel]
    order: list[int] = Field(description="The numbers of the channels, as OPTICS orders them.")
    labels: list[EnsembleLabel]
    hot_spots: list[HotSpot]
    figures: list[str] = Field(description="Those there are.")


class NearestChannel(EnsembleChannel):
    channel: int
    nmi: float


class NearestChannels(Answer):
    ensemble: str
    channel: int = Field(description="The dimension asked for, as a channel.")
    nearest: list[NearestChannel] = Field(description="Of each other member its nearest channel, most alike first.")
