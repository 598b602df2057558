"""A whole configuration: encoder, objective, decoder, and how each is trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from trainer.config.decoder import DecoderConfig, DecoderLossConfig, PaperDecoderConfig
from trainer.config.encoder import EncoderConfig
from trainer.config.frozen import Frozen
from trainer.config.objective import DimNoiseConfig, Objective, ObjectiveConfig


class TrainingConfig(Frozen):
    """The loop: `steps` batches of `batch_size` crops of `crop_samples`, each step's randomness drawn from (seed,
    step). A batch is shared by all processes of a run, so that their number changes nothing but the speed.
    """

    steps: int = Field(ge=0)
    batch_size: int = Field(ge=1)
    accumulate: int = Field(default=1, ge=1)
    """Parts a batch is worked off in, one after another, for want of memory; their gradients are averaged. Each part is
    a batch to itself for negatives and batch norm, so that with more parts there are fewer frames to tell apart.
    """
    crop_samples: int = Field(ge=400)
    rates: tuple[Annotated[float, Field(ge=0.5, le=2.0)], ...] = Field(default=(1.0,), min_length=1)
    """How fast crops of the training side are played, each at one of these at random: at 1.25 a voice is a quarter
    higher and its tract so much shorter. More voices for a corpus of few.
    """
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    final_learning_rate: float = Field(default=1.0, gt=0, le=1.0)
    """Share of the learning rate that a cosine reaches at the last step; 1 keeps it constant."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled from the gradient (AdamW), for the encoder; decoders have their own."""
    gradient_clip: float | None = Field(default=None, gt=0)
    precision: Literal["32-true", "bf16-mixed", "auto"] = "32-true"
    """Of matrix products; losses and normalisation are always exact. auto: bf16-mixed where the device has bfloat16."""
    seed: int = 0
    validation_fraction: float = Field(default=0.05, gt=0, lt=1)
    split_by: Literal["auto", "speaker", "word", "recording"] = "auto"
    split_seed: int | None = None
    """Decides what is held out (None: `seed` does). With one of its own, runs of many seeds hold out the same."""
    checkpoint_every: int = Field(default=200, ge=1)
    """Steps between validations, each of which leaves a checkpoint."""
    patience: int | None = Field(default=None, ge=1)
    """Validations without a lower loss after which training ends; the weights of the lowest are the result. None: all
    steps are made, and the last weights are the result.
    """

    @model_validator(mode="after")
    def _check(self) -> TrainingConfig:
        if self.batch_size % self.accumulate:
            raise ValueError(f"batch_size ({self.batch_size}) must be a multiple of accumulate ({self.accumulate})")
        return self


class Config(Frozen):
    """Everything that makes a model. `loudness_dbfs`: what `encode` brings a recording to first (None: as it comes)."""

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
            raise ValueError("encoder.modules: only the first has the waveform before it, and may have a filterbank")
        if isinstance(self.objective, ObjectiveConfig):
            if len(self.objective.beta) != depth:
                raise ValueError(f"objective.beta needs one value for each of the {depth} modules")
            noisy = isinstance(self.objective, DimNoiseConfig)
            if self.objective.end_to_end and self.encoder.probabilistic and not noisy:
                raise ValueError("objective.end_to_end is for deterministic encoders; set encoder.probabilistic=false")
        if isinstance(self.decoder, PaperDecoderConfig) and len(self.decoder.layers) != depth:
            raise ValueError(f"decoder.layers needs one list for each of the {depth} modules")
        return self


def override(config: Config, values: dict[str, Any]) -> Config:
    """`config` with dotted settings replaced, checked again as a whole. Raises ValueError that names the unknown
    setting.
    """
    tree = config.model_dump()
    for name, value in values.items():
        *parents, leaf = name.split(".")
        node: Any = tree
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict) or leaf not in node:
            raise ValueError(f"there is no setting {name!r}; see config.json of a bundle for the names")
        node[leaf] = value
        if leaf == "kind":  # which has settings of its own, and those that follow may name them
            tree = Config.model_validate(tree).model_dump()
    return Config.model_validate(tree)
