"""Responses about ensembles."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.schemas.responses import ResponseModel


class EnsembleSummary(ResponseModel):
    ensemble: str
    members: int
    channels: int
    hot_spots: int
    data: str = Field(description="Recordings on which channels were compared.")


class EnsembleList(ResponseModel):
    ensembles: list[EnsembleSummary]


class Interval(ResponseModel):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class EnsembleMember(ResponseModel):
    """One model of an ensemble."""

    member: str
    preset: str
    seed: int
    digest: str
    kl: list[float] = Field(description="Nats per frame, per module.")
    model: str | None = Field(description="Its name in /models; null if it cannot be decoded here.")


class EnsembleChannel(ResponseModel):
    """One dimension of one module of a member."""

    member: int
    module: int
    dim: int
    bits: float = Field(description="Lower bound of its information about the time points.")
    monte_carlo: Interval = Field(description="Monte Carlo estimate of the same.")


class EnsembleLabel(ResponseModel):
    label: str
    classes: int
    bits: float = Field(description="Entropy of the label.")


class SpotLabel(ResponseModel):
    label: str
    nmi: Interval = Field(description="NMI with the centre.")
    mean_nmi: float = Field(description="Mean NMI with the channels.")
    shared_bits: Interval = Field(description="Mutual information between the centre and the label.")


class HotSpot(ResponseModel):
    """A group of channels of several models with the same information."""

    channels: list[int] = Field(description="Channel indices, in OPTICS order.")
    nmi: list[float] = Field(description="NMI of each channel with the centre.")
    centre: int = Field(description="Channel with the smallest distance to all others.")
    models: int = Field(description="Number of models with a channel in it.")
    modules: list[int]
    bits: float = Field(description="Mean information of its channels.")
    mean_nmi: float = Field(description="Mean NMI over pairs of its channels.")
    mean_vi: float
    stability: Interval = Field(description="Overlap with the hot spots of resampled recordings.")
    stability_of_models: Interval = Field(description="Overlap with the hot spots of three quarters of the models.")
    labels: list[SpotLabel] = Field(description="Most similar labels.")


class EnsembleDetail(ResponseModel):
    ensemble: str
    data: str
    moments: int = Field(description="Number of time points on which channels were compared.")
    recordings: int
    distance: Literal["nmi", "vi"]
    min_samples: int = Field(description="Number of channels in a neighbourhood (OPTICS).")
    dropped: int = Field(description="Number of channels left out because they carry almost no information.")
    members: list[EnsembleMember]
    channels: list[EnsembleChannel]
    order: list[int] = Field(description="Channel indices in OPTICS order.")
    labels: list[EnsembleLabel]
    hot_spots: list[HotSpot]
    figures: list[str] = Field(description="Available figures.")


class NearestChannel(EnsembleChannel):
    channel: int
    nmi: float


class NearestChannels(ResponseModel):
    ensemble: str
    channel: int = Field(description="The requested dimension as a channel index.")
    nearest: list[NearestChannel] = Field(description="Most similar channel of each other member, best first.")
