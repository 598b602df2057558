"""Schemas of the JSON files of a bundle."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from trainer.config import Config, Frozen

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"


class CorpusNote(Frozen):
    """A training corpus: its size, the recordings held out of training, and its licence."""

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
    """How a model was trained: enough to train it again."""

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
    """Information about a factor in one dimension, in bits, with its 95 % interval."""

    factor: str
    bits: float
    low: float
    high: float


class AcousticEffect(Frozen):
    """Effect of +1 on a dimension on an acoustic property of the decoded sound, in `unit`: the median over `n` clips
    with its 95 % interval, and `spread`, half the interquartile range over clips.
    """

    measure: str
    unit: str
    change: float = Field(allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    spread: float = Field(ge=0, allow_inf_nan=False)
    n: int = Field(ge=1)


class TopActivation(Frozen):
    """A section of a clip with one of a dimension's highest or lowest values.

    The dimension has `value` at `at` (seconds), within `phone` ("": silence; null: phones unknown). `example`: the clip
    is an example of the bundle.
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
    """Frame counts in equal bins from `low` to `high`. The first and last bin include values outside the range."""

    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    counts: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> HistogramReport:
        if self.low >= self.high:
            raise ValueError("low must be less than high")
        if not any(self.counts):
            raise ValueError("counts must not all be 0")
        return self

    @property
    def shares(self) -> list[float]:
        """Share of all frames per bin."""
        total = sum(self.counts)
        return [count / total for count in self.counts]


class DimensionReport(Frozen):
    """Analysis results of one dimension.

    `kl`: mean KL in nats per frame (null: deterministic encoder). `sensitivity`: dB of log-mel per unit. `mean`, `std`
    and `histogram` of the posterior mean over the corpus (null in old reports). `labels`: factors the dimension has
    information about, most bits first. `effects`: acoustic effects of an edit. `evidence`: its top activations.
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
    evidence: tuple[TopActivation, ...] = ()


class PriorReport(Frozen):
    """Quantiles 0, 1, ..., 100 % over the corpus's frames of the RMS over dimensions of the posterior mean."""

    frame_rms_quantiles: tuple[float, ...] = Field(min_length=2)


class ModuleReport(Frozen):
    """Analysis results of one module."""

    module: int = Field(ge=1)
    frames: int = Field(default=0, ge=0)
    dimensions: tuple[DimensionReport, ...]
    prior: PriorReport | None = None


class Report(BaseModel):
    """report.json. Unknown keys, which other analyses add, are kept."""

    model_config = {"extra": "allow", "frozen": True}

    modules: tuple[ModuleReport, ...] = ()


class Phone(Frozen):
    """A phone of an example; `start` and `end` in seconds."""

    phone: str
    start: float
    end: float


class Example(Frozen):
    """An example clip of a bundle. `duration` in seconds, `f0` in Hz, `rate` in words per minute."""

    id: str = Field(pattern=_IDENTIFIER)
    file: str = Field(pattern=_IDENTIFIER)
    label: str
    duration: float
    speaker: str | None = None
    f0: float | None = None
    formant_scale: float | None = None
    rate: float | None = None
    phones: tuple[Phone, ...] = ()
