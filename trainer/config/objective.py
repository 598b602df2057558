"""Settings of the objectives of encoders."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from trainer.config.frozen import Frozen, readable_names


class FramePrediction(Frozen):
    """Predict 1 .. `steps` frames ahead at every module, whatever the duration of its frames (the paper: 10)."""

    unit: Literal["frames"] = "frames"
    steps: int = Field(default=10, ge=1)


class TimePrediction(Frozen):
    """Predict the same distances in seconds at every module, so that shallow modules cannot rely on the continuity of
    the waveform.

    Negative distances are predictions of the past. 0, the frame itself, needs augmentation or latents with noise. Each
    step uses `per_step` distances, drawn at random (None: all).
    """

    unit: Literal["seconds"] = "seconds"
    distances: tuple[float, ...] = Field(min_length=1)
    per_step: int | None = Field(default=None, ge=1)


class AugmentationConfig(Frozen):
    """Two random views of each crop; frames of one are predicted from the other, so that latents ignore the changes.

    `gain_db`: maximum gain or attenuation. `tilt`: maximum coefficient of y[t] = x[t] + a x[t-1], a spectral tilt.
    `noise_dbfs`: range of levels of white noise. `speeds`: playback speeds, which scale pitch and formants.
    `time_crop_probability`: probability that all but a random part of at least 0.25 s is silenced.
    """

    gain_db: float = Field(default=6.0, ge=0)
    tilt: float = Field(default=0.4, ge=0, lt=1)
    noise_dbfs: tuple[float, float] = (-80.0, -55.0)
    speeds: tuple[float, ...] = Field(default=(1.0,), validation_alias=readable_names("speeds"))
    time_crop_probability: float = Field(
        default=0.0, ge=0, le=1, validation_alias=readable_names("time_crop_probability")
    )


class PooledInfoNCEConfig(Frozen):
    """A second InfoNCE in each module, between means over windows of `seconds`, one every `every` seconds, with
    `weight` relative to the InfoNCE of frames.
    """

    seconds: float = Field(default=0.24, gt=0)
    every: float = Field(default=0.08, gt=0)
    weight: float = Field(default=1.0, gt=0)


class ObjectiveConfig(Frozen):
    """InfoNCE per module plus `beta` x KL(posterior || N(0, I)), the KL summed over dimensions and averaged over
    frames. `beta` has one value per module.

    `window`: number of consecutive frames per step (None: all). `anchors`: number of anchor frames among these (None:
    all). `negatives`: number of negatives, drawn from the whole batch and shared by all anchors. `own_negatives`:
    number of further negatives from the anchor's own crop. `target_guard`: own negatives at most this many seconds from
    the target are left out (None: all are used, even the target itself). `scale_scores`: divide scores by sqrt(dims).
    """

    kind: Literal["info-nce"] = "info-nce"
    prediction: Annotated[FramePrediction | TimePrediction, Field(discriminator="unit")]
    negatives: int = Field(ge=1)
    own_negatives: int = Field(default=0, ge=0)
    target_guard: float | None = Field(default=None, ge=0)
    augmentation: AugmentationConfig | None = Field(default=None, validation_alias=readable_names("augmentation"))
    pooled: PooledInfoNCEConfig | None = None
    window: int | None = Field(default=None, ge=2)
    anchors: int | None = Field(default=None, ge=1)
    scale_scores: bool = False
    end_to_end: bool = False
    """One InfoNCE, at the top (of the context network, if there is one), whose gradient reaches every module (CPC)."""
    beta: tuple[float, ...]

    @model_validator(mode="after")
    def _check(self) -> ObjectiveConfig:
        if self.augmentation is not None and self.window is not None:
            raise ValueError("objective.augmentation excludes a window; set window=null, and limit anchors instead")
        distances = self.prediction.distances if isinstance(self.prediction, TimePrediction) else ()
        if 0 in distances and self.augmentation is None and not isinstance(self, DimNoiseConfig):
            raise ValueError("prediction.distances: 0 predicts a frame from another view; set augmentation")
        return self


class DimNoiseConfig(ObjectiveConfig):
    """Deep InfoMax with noise instead of the KL (Butakov et al., arXiv 2410.06993).

    Each module's output is normalised per dimension to mean 0 and variance 1, and noise is added to the frames that are
    predicted. The mutual information between these and the context is maximised; only latents with the `target`
    distribution reach the maximum.

    Gaussian target: noise N(0, `noise`). Uniform target: latents lie in [-sqrt 3, sqrt 3], which represents [0, 1], and
    the noise there is U(-e, e) with e = `noise`. `bound`: lower bound on the information. With `end_to_end` it is plain
    Deep InfoMax, with noise at the top only; otherwise each module has its own. `beta` is not used.
    """

    kind: Literal["dim-noise"] = "dim-noise"  # type: ignore[assignment]
    target: Literal["gaussian", "uniform"] = "gaussian"
    noise: float = Field(default=0.1, gt=0, le=100)
    bound: Literal["info-nce", "donsker-varadhan"] = "info-nce"


class SupervisedConfig(Frozen):
    """Cross-entropy of a linear classifier of the utterance label `label`, on the mean over time of the top (of the
    context network, if there is one). The gradient reaches every module.
    """

    kind: Literal["supervised"] = "supervised"
    label: str = Field(min_length=1)


def _kind(objective: object) -> str:
    """The kind of objective; old bundles without one used InfoNCE."""
    kind = objective.get("kind") if isinstance(objective, dict) else getattr(objective, "kind", None)
    return str(kind or "info-nce")


Objective = Annotated[
    Annotated[ObjectiveConfig, Tag("info-nce")]
    | Annotated[DimNoiseConfig, Tag("dim-noise")]
    | Annotated[SupervisedConfig, Tag("supervised")],
    Discriminator(_kind),
]
