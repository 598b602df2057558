"""The settings of what an encoder minimises."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from trainer.config.frozen import Frozen


class FrameDistances(Frozen):
    """Predict 1 .. `steps` frames ahead at every module, whatever a frame lasts there (the paper: 10)."""

    unit: Literal["frames"] = "frames"
    steps: int = Field(default=10, ge=1)


class TimeDistances(Frozen):
    """Predict the same times ahead at every module, so that a shallow one cannot live on the continuity of the
    waveform; negative ones behind. Each step takes `per_step` of them, drawn anew (None: all). 0, the frame itself, is
    for two views of a crop, or for latents with noise.
    """

    unit: Literal["seconds"] = "seconds"
    distances: tuple[float, ...] = Field(min_length=1)
    per_step: int | None = Field(default=None, ge=1)


class ViewsConfig(Frozen):
    """Each crop is heard twice, each time changed at random within these limits, and a frame of one is found from the
    other: what the changes take away is not worth keeping. `tilt` of the spectrum is the share of the last sample added
    to this one; `noise_dbfs` is white; `rates` are speeds, which move pitch and formants along. `excerpts`: the share
    of crops of which but a quarter of a second or more is left, in silence.
    """

    gain_db: float = Field(default=6.0, ge=0)
    tilt: float = Field(default=0.4, ge=0, lt=1)
    noise_dbfs: tuple[float, float] = (-80.0, -55.0)
    rates: tuple[float, ...] = (1.0,)
    excerpts: float = Field(default=0.0, ge=0, le=1)


class PooledConfig(Frozen):
    """A second contrast in each module, of means over windows of `seconds`, one beginning `every` so many seconds, with
    its `weight` beside the frames'.
    """

    seconds: float = Field(default=0.24, gt=0)
    every: float = Field(default=0.08, gt=0)
    weight: float = Field(default=1.0, gt=0)


class ObjectiveConfig(Frozen):
    """InfoNCE per module plus `beta` x KL(posterior || N(0, I)), the KL summed over dimensions and averaged over
    frames.

    `beta` has one value per module. `window` limits a step's loss to that many consecutive frames and `anchors` to that
    many of their instants (None: all). `negatives` are frames drawn from the whole batch, shared by all anchors;
    `own_negatives` are so many more from the same clip.
    """

    kind: Literal["info-nce"] = "info-nce"
    prediction: Annotated[FrameDistances | TimeDistances, Field(discriminator="unit")]
    negatives: int = Field(ge=1)
    own_negatives: int = Field(default=0, ge=0)
    views: ViewsConfig | None = None
    pooled: PooledConfig | None = None
    window: int | None = Field(default=None, ge=2)
    anchors: int | None = Field(default=None, ge=1)
    scale_scores: bool = False
    end_to_end: bool = False
    """One contrast at the very top (the context's, where there is one), whose gradient reaches every module (CPC)."""
    beta: tuple[float, ...]

    @model_validator(mode="after")
    def _check(self) -> ObjectiveConfig:
        if self.views is not None and self.window is not None:
            raise ValueError("views of different speed share no window; set window=null, and limit anchors instead")
        distances = self.prediction.distances if isinstance(self.prediction, TimeDistances) else ()
        if 0 in distances and self.views is None and not isinstance(self, DimNoiseConfig):
            raise ValueError("prediction.distances: a frame is found from itself only in another view; set views")
        return self


class DimNoiseConfig(ObjectiveConfig):
    """Noise in place of the KL (Butakov et al., arXiv 2410.06993): each module's output is normalised, component by
    component, to mean 0 and variance 1, noise is added to the frames that are to be found, and the information between
    these and the context is maximised, which only latents of the `target` distribution bring to its capacity.

    Gaussian: noise N(0, `noise`). Uniform: latents lie between -sqrt 3 and sqrt 3, which stands for [0, 1], and the
    noise is U(-e, e) there, with e = `noise`. `bound`: of the information. With `end_to_end` it is plain Deep InfoMax,
    with noise at the top alone; else each module has its own. `beta` is not used.
    """

    kind: Literal["dim-noise"] = "dim-noise"  # type: ignore[assignment]
    target: Literal["gaussian", "uniform"] = "gaussian"
    noise: float = Field(default=0.1, gt=0, le=100)
    bound: Literal["info-nce", "donsker-varadhan"] = "info-nce"


class SupervisedConfig(Frozen):
    """Cross-entropy of a linear classifier on the mean over time of the top (the context's, where there is one), for
    the utterance label called `label`. The gradient reaches every module.
    """

    kind: Literal["supervised"] = "supervised"
    label: str = Field(min_length=1)


def _kind(objective: object) -> str:
    """Bundles from before there was a choice do not name it."""
    found = objective.get("kind") if isinstance(objective, dict) else getattr(objective, "kind", None)
    return str(found or "info-nce")


Objective = Annotated[
    Annotated[ObjectiveConfig, Tag("info-nce")]
    | Annotated[DimNoiseConfig, Tag("dim-noise")]
    | Annotated[SupervisedConfig, Tag("supervised")],
    Discriminator(_kind),
]
