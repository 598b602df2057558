"""What the JSON files of a bundle say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from trainer.config import Config, Frozen

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"


class CorpusNote(Frozen):
    """What a model learnt from, and what its licence asks."""

    name: str
    title: str = ""
    recordings: int
    minutes: float
    speakers: int | None = None
    held_out: tuple[str, ...] = ()
    split_by: str = ""
    licence: str = ""
    attribution: str = ""


class Provenance(Frozen):
    """Where a model came from: enough to train it again."""

    code_version: str = ""
    seed: int = 0
    corpora: tuple[CorpusNote, ...] = ()
    licence: str = ""
    notes: str = ""


class BundleConfig(Frozen):
    """config.json."""

    format_version: int
    config: Config
    provenance: Provenance = Provenance()


class FactorLabel(Frozen):
    """Information about a factor in one dimension, in bits, with its interval."""

    factor: str
    bits: float
    low: float
    high: float


class AcousticEffect(Frozen):
    """What +1 on a dimension does to a property of the decoded sound, in `unit`: the median of `n` clips with its
    interval, and `spread`, half the range in which the middle half of the clips lies.
    """

    measure: str
    unit: str
    change: float = Field(allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    spread: float = Field(ge=0, allow_inf_nan=False)
    n: int = Field(ge=1)


class Evidence(Frozen):
    """A stretch of a clip that drives a dimension far up or down: to `value` at the moment `at` (seconds), in `phone`,
    "" for silence, null where phones are not known. `example`: whether `clip` is one of the bundle's own.
    """

    clip: str
    example: bool
    way: Literal["up", "down"]
    value: float = Field(allow_inf_nan=False)
    at: float = Field(ge=0, allow_inf_nan=False)
    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(gt=0, allow_inf_nan=False)
    phone: str | None = None


class HistogramReport(Frozen):
    """How many frames fall into each of equal bins from `low` to `high`; the first and last hold what lies beyond."""

    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    counts: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _spans_something(self) -> HistogramReport:
        if self.low >= self.high:
            raise ValueError("low must lie below high")
        if not any(self.counts):
            raise ValueError("counts must hold a frame")
        return self

    @property
    def shares(self) -> list[float]:
        """The share of all frames in each bin."""
        total = sum(self.counts)
        return [count / total for count in self.counts]


class DimensionReport(Frozen):
    """One dimension: mean KL (nats a frame; null where deterministic), decoder sensitivity (dB of log-mel per unit),
    and what the posterior mean does over the frames of the corpus: its mean, standard deviation and histogram. These
    three are null in a report that was written before they were measured. Then what it means: the factors it tells of,
    most bits first, what it does to the sound, and where it is driven most.
    """

    dim: int = Field(ge=0)
    kl: float | None = Field(default=None, allow_inf_nan=False)
    active: bool
    sensitivity: float | None = Field(default=None, allow_inf_nan=False)
    mean: float | None = Field(default=None, allow_inf_nan=False)
    std: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    histogram: HistogramReport | None = None
    labels: tuple[FactorLabel, ...] = ()
    effects: tuple[AcousticEffect, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class PriorReport(Frozen):
    """How far the corpus lies from zero: quantiles 0, 1 .. 100 % of a frame's root mean square posterior mean."""

    frame_rms_quantiles: tuple[float, ...] = Field(min_length=2)


class ModuleReport(Frozen):
    """One module's dimensions and its distance scale."""

    module: int = Field(ge=1)
    frames: int = Field(default=0, ge=0)
    dimensions: tuple[DimensionReport, ...]
    prior: PriorReport | None = None


class Report(BaseModel):
    """report.json. Later analyses add keys of their own, which an older reader keeps."""

    model_config = {"extra": "allow", "frozen": True}

    modules: tuple[ModuleReport, ...] = ()


class Phone(Frozen):
    """A phone of an example, in seconds."""

    phone: str
    start: float
    end: float


class Example(Frozen):
    """An example clip that ships with a bundle."""

    id: str = Field(pattern=_IDENTIFIER)
    file: str = Field(pattern=_IDENTIFIER)
    label: str
    duration: float
    speaker: str | None = None
    f0: float | None = None
    formant_scale: float | None = None
    rate: float | None = None
    phones: tuple[Phone, ...] = ()
