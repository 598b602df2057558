"""The whole configuration of a model: encoder, objective, decoder, and how each is trained."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from trainer.config.decoder import DecoderConfig, DecoderLossConfig, PaperDecoderConfig
from trainer.config.encoder import EncoderConfig
from trainer.config.frozen import RENAMED, Frozen, readable_names
from trainer.config.objective import DimNoiseConfig, Objective, ObjectiveConfig


class TrainingConfig(Frozen):
    """The training loop: `steps` batches of `batch_size` crops of `crop_samples` samples.

    The random numbers of a step depend on (seed, step) alone. All processes of a run share a batch, so their number
    changes the speed and nothing else.
    """

    steps: int = Field(ge=0)
    batch_size: int = Field(ge=1)
    accumulate: int = Field(default=1, ge=1)
    """Parts of a batch that are processed one after another to save memory; their gradients are averaged. Negatives and
    batch norm see one part at a time, so more parts mean fewer distinct negatives.
    """
    crop_samples: int = Field(ge=400)
    speeds: tuple[Annotated[float, Field(ge=0.5, le=2.0)], ...] = Field(
        default=(1.0,), min_length=1, validation_alias=readable_names("speeds")
    )
    """Playback speeds of training crops, one drawn at random per crop. Speed 1.25 raises pitch and formants by a
    quarter: more voices from a corpus of few speakers.
    """
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    final_learning_rate: float = Field(default=1.0, gt=0, le=1.0)
    """Share of the learning rate that the cosine schedule reaches at the last step; 1 keeps the rate constant."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled weight decay (AdamW) of the encoder; decoders use a fixed one."""
    gradient_clip: float | None = Field(default=None, gt=0)
    precision: Literal["32-true", "bf16-mixed", "auto"] = "32-true"
    """Precision of matrix products; losses and normalisation use float32. auto: bf16-mixed if the hardware has it."""
    seed: int = 0
    validation_fraction: float = Field(default=0.05, gt=0, lt=1)
    split_by: Literal["auto", "speaker", "word", "recording"] = "auto"
    split_seed: int | None = None
    """Seed of the train / validation split (None: `seed`). Runs that share it hold out the same recordings."""
    checkpoint_every: int = Field(default=200, ge=1)
    """Steps between validations; each writes a checkpoint."""
    patience: int | None = Field(default=None, ge=1)
    """Early stopping: training ends after this many validations without a lower loss, and the best weights are the
    result. None: all steps run, and the last weights are the result.
    """

    @model_validator(mode="after")
    def _check(self) -> TrainingConfig:
        if self.batch_size % self.accumulate:
            raise ValueError(f"batch_size ({self.batch_size}) must be a multiple of accumulate ({self.accumulate})")
        return self


class Config(Frozen):
    """The configuration of a model. `loudness_dbfs`: recordings are normalised to it first (None: not normalised)."""

    preset: str
    sample_rate: int = Field(default=16_000, ge=1000, le=192_000)
    loudness_dbfs: float | None = None
    encoder: EncoderConfig
    objective: Objective
    training: TrainingConfig
    decoder: DecoderConfig
    decoder_loss: DecoderLossConfig
    decoder_training: TrainingConfig

    @model_validator(mode="after")
    def _check(self) -> Config:
        depth = len(self.encoder.modules)
        if any(module.filterbank is not None for module in self.encoder.modules[1:]):
            raise ValueError("encoder.modules: only the first module, which sees the waveform, may have a filterbank")
        if isinstance(self.objective, ObjectiveConfig):
            if len(self.objective.beta) != depth:
                raise ValueError(f"objective.beta needs one value for each of the {depth} modules")
            dim_noise = isinstance(self.objective, DimNoiseConfig)
            if self.objective.end_to_end and self.encoder.probabilistic and not dim_noise:
                raise ValueError("objective.end_to_end needs a deterministic encoder; set encoder.probabilistic=false")
        if isinstance(self.decoder, PaperDecoderConfig) and len(self.decoder.layers) != depth:
            raise ValueError(f"decoder.layers needs one list for each of the {depth} modules")
        return self


def override(config: Config, values: dict[str, Any]) -> Config:
    """`config` with dotted settings replaced, and validated again as a whole.

    Old names of renamed settings are accepted with a FutureWarning. Raises ValueError that names an unknown setting.
    """
    tree = config.model_dump()
    for name, value in values.items():
        *parents, leaf = _current_name(name).split(".")
        node: Any = tree
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict) or leaf not in node:
            raise ValueError(f"there is no setting {name!r}; config.json of a bundle lists all settings")
        node[leaf] = value
        if leaf == "kind":  # each kind has its own settings, which later values may set
            tree = Config.model_validate(tree).model_dump()
    return Config.model_validate(tree)


def _current_name(name: str) -> str:
    """The dotted setting `name` with renamed parts replaced, and a warning if there are any."""
    current = ".".join(RENAMED.get(part, part) for part in name.split("."))
    if current != name:
        message = f"the setting {name} is deprecated and will be removed in the next version; use {current}"
        warnings.warn(message, FutureWarning, stacklevel=3)
    return current
