"""The settings a model is made of: frozen, and strict about names and values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator


class Frozen(BaseModel):
    """Immutable, and strict about unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- the encoder ------------------------------------------------------------------------------------------------------


class ConvLayer(Frozen):
    """One convolution, in frames of its input. `residual`: its input is added to its output, which must be as long."""

    kernel: int = Field(ge=1)
    stride: int = Field(default=1, ge=1)
    padding: int = Field(default=0, ge=0)
    dilation: int = Field(default=1, ge=1)
    residual: bool = False

    @model_validator(mode="after")
    def _check(self) -> ConvLayer:
        if self.residual and (self.stride > 1 or 2 * self.padding != self.dilation * (self.kernel - 1)):
            raise ValueError("a residual convolution needs stride 1 and the padding that keeps its length")
        if self.dilation > 1 and self.stride > 1:
            raise ValueError("dilation is for convolutions of stride 1")
        return self


class FilterbankConfig(Frozen):
    """Mel-spaced band-pass filters on the waveform, before the convolutions of module 1, that follow no phase:
    `filters` pairs in quadrature of `kernel` samples every `stride` samples, the energy of each pair averaged twice
    over `smoothing` frames, then over each `pooling` frames, and its logarithm taken.
    """

    filters: int = Field(ge=1, le=1024)
    kernel: int = Field(ge=2)
    stride: int = Field(ge=1)
    smoothing: int = Field(default=1, ge=1)
    pooling: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _check(self) -> FilterbankConfig:
        if self.smoothing % 2 == 0:
            raise ValueError("smoothing must be odd, so that an average has its frame in the middle")
        return self

    @property
    def layers(self) -> tuple[ConvLayer, ...]:
        """What it does to time, as convolutions."""
        filters = ConvLayer(kernel=self.kernel, stride=self.stride, padding=(self.kernel - self.stride + 1) // 2)
        average = ConvLayer(kernel=self.smoothing, padding=self.smoothing // 2)
        return filters, average, average, ConvLayer(kernel=self.pooling, stride=self.pooling)


class ModuleConfig(Frozen):
    """One module: convolutions of width `hidden`, then 1x1 heads to `dims` latent dimensions."""

    filterbank: FilterbankConfig | None = None
    convs: tuple[ConvLayer, ...] = Field(min_length=1)
    hidden: int = Field(ge=1, le=4096)
    dims: int = Field(ge=1, le=4096)

    @property
    def layers(self) -> tuple[ConvLayer, ...]:
        """All that makes frames of its input, in order."""
        return (*(self.filterbank.layers if self.filterbank is not None else ()), *self.convs)


class ContextConfig(Frozen):
    """The GRU over the last module's latents. It is no module: nothing decodes it."""

    hidden: int = Field(default=256, ge=1, le=4096)


class EncoderConfig(Frozen):
    """The stack. `probabilistic` modules end in a Gaussian posterior (SIM); the others in its mean alone (GIM)."""

    modules: tuple[ModuleConfig, ...] = Field(min_length=1, max_length=16)
    probabilistic: bool = True
    batch_norm: bool = False
    conv_bias: bool = True
    context: ContextConfig | None = None
    orthogonal_heads: bool = False
    """The mean's head begins as a rotation and the variance's without regard to its input, not as torch draws them."""
    initial_logvar: float = 0.0
    logvar_range: tuple[float, float] = (-8.0, 4.0)


# --- the objective ----------------------------------------------------------------------------------------------------


class FrameDistances(Frozen):
    """Predict 1 .. `steps` frames ahead at every module, whatever a frame lasts there (the paper: 10)."""

    unit: Literal["frames"] = "frames"
    steps: int = Field(default=10, ge=1)


class TimeDistances(Frozen):
    """Predict the same times ahead at every module, so that a shallow one cannot live on the continuity of the
    waveform; negative ones behind. Each step takes `per_step` of them, drawn anew (None: all).
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
        return self


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
    Annotated[ObjectiveConfig, Tag("info-nce")] | Annotated[SupervisedConfig, Tag("supervised")], Discriminator(_kind)
]


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


# --- the decoders -----------------------------------------------------------------------------------------------------


class TransposedLayer(Frozen):
    """One transposed convolution."""

    kernel: int = Field(ge=1)
    stride: int = Field(ge=1)
    padding: int = Field(ge=0)
    output_padding: int = Field(ge=0)


class PaperDecoderConfig(Frozen):
    """SIM's own decoder: transposed convolutions to the waveform, one list of layers for each module."""

    kind: Literal["paper"] = "paper"
    channels: int = Field(ge=1)
    layers: tuple[tuple[TransposedLayer, ...], ...]


class SpectralDecoderConfig(Frozen):
    """Convolutional blocks over frames and an inverse STFT head giving magnitude and phase."""

    kind: Literal["spectral"] = "spectral"
    width: int = Field(ge=1)
    blocks: int = Field(ge=1)
    expansion: int = Field(default=3, ge=1)
    kernel: int = Field(default=7, ge=1)
    n_fft: int = Field(default=640, ge=16)
    hop: int = Field(default=160, ge=1)

    @model_validator(mode="after")
    def _check(self) -> SpectralDecoderConfig:
        if self.kernel % 2 == 0:
            raise ValueError("kernel must be odd, so that a block keeps its number of frames")
        if self.n_fft < 2 * self.hop or self.n_fft % 2:
            raise ValueError("n_fft must be even and at least twice the hop, so that windows overlap")
        return self


DecoderConfig = Annotated[PaperDecoderConfig | SpectralDecoderConfig, Field(discriminator="kind")]


class DecoderLossConfig(Frozen):
    """Weights of the reconstruction losses (see trainer.objectives)."""

    waveform: float = Field(default=0.0, ge=0)
    log_mel: float = Field(default=1.0, ge=0)
    stft: float = Field(default=1.0, ge=0)


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
            if self.objective.end_to_end and self.encoder.probabilistic:
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
    return Config.model_validate(tree)
