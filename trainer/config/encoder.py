"""The settings of an encoder: its modules, and what each is made of."""

from __future__ import annotations

from pydantic import Field, model_validator

from trainer.config.frozen import Frozen


class ConvLayer(Frozen):
    """One convolution, in frames of its input. `residual`: its input is added to its output, at a stride the mean of as
    many frames; both must be as wide, and as long.
    """

    kernel: int = Field(ge=1, le=65_536)
    stride: int = Field(default=1, ge=1, le=65_536)
    padding: int = Field(default=0, ge=0, le=65_536)
    dilation: int = Field(default=1, ge=1, le=65_536)
    residual: bool = False

    @model_validator(mode="after")
    def _check(self) -> ConvLayer:
        if self.residual and 2 * self.padding != self.dilation * (self.kernel - 1) + 1 - self.stride:
            raise ValueError(
                "a residual convolution needs the padding that keeps its length: "
                "half of dilation x (kernel - 1) + 1 - stride"
            )
        if self.dilation > 1 and self.stride > 1:
            raise ValueError("dilation is for convolutions of stride 1")
        return self


class FilterbankConfig(Frozen):
    """Mel-spaced band-pass filters on the waveform, before the convolutions of module 1, that follow no phase:
    `filters` pairs in quadrature of `kernel` samples every `stride` samples, the energy of each pair averaged twice
    over `smoothing` frames, then over each `pooling` frames, and its logarithm taken.
    """

    filters: int = Field(ge=1, le=1024)
    kernel: int = Field(ge=2, le=4096)
    stride: int = Field(ge=1, le=65_536)
    smoothing: int = Field(default=1, ge=1, le=1001)
    pooling: int = Field(default=1, ge=1, le=1000)

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
    convs: tuple[ConvLayer, ...] = Field(min_length=1, max_length=64)
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
    he_init: bool = False
    """Convolutions begin as He et al. draw them (arXiv 1502.01852, eq. 10), which keeps the size of what passes a ReLU;
    torch's own draw shrinks it, so that a gradient from the top of an unnormalised stack all but vanishes.
    """
    context: ContextConfig | None = None
    orthogonal_heads: bool = False
    """The mean's head begins as a rotation and the variance's without regard to its input, not as torch draws them."""
    initial_logvar: float = 0.0
    logvar_range: tuple[float, float] = (-8.0, 4.0)

    @model_validator(mode="after")
    def _check(self) -> EncoderConfig:
        width: int | None = None
        for index, module in enumerate(self.modules):
            width = module.filterbank.filters if module.filterbank is not None else width
            for layer in module.convs:
                # Of the waveform itself there is one channel.
                if layer.residual and (width or 1) != module.hidden:
                    raise ValueError(
                        f"modules[{index}]: a residual convolution adds to an input of {width or 1} channels; "
                        f"make hidden ({module.hidden}) the same"
                    )
                width = module.hidden
            width = module.dims
        return self
