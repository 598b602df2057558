"""Settings of an encoder: a stack of modules, each made of convolutions."""

from __future__ import annotations

from pydantic import Field, model_validator

from trainer.config.frozen import Frozen


class ConvLayer(Frozen):
    """One convolution, in frames of its input.

    `residual`: adds the input to the output; with a stride, the mean of `stride` input frames. Input and output must
    have the same width and length.
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
            raise ValueError("dilation needs stride 1")
        return self


class FilterbankConfig(Frozen):
    """Log energies of mel-spaced band-pass filters on the waveform, before the convolutions of module 1.

    `filters` quadrature pairs of `kernel` samples every `stride` samples, so the energies do not depend on phase. The
    energy of each pair is averaged twice over `smoothing` frames, then over each `pooling` frames.
    """

    filters: int = Field(ge=1, le=1024)
    kernel: int = Field(ge=2, le=4096)
    stride: int = Field(ge=1, le=65_536)
    smoothing: int = Field(default=1, ge=1, le=1001)
    pooling: int = Field(default=1, ge=1, le=1000)

    @model_validator(mode="after")
    def _check(self) -> FilterbankConfig:
        if self.smoothing % 2 == 0:
            raise ValueError("smoothing must be odd, so that an average is centred on its frame")
        return self

    @property
    def layers(self) -> tuple[ConvLayer, ...]:
        """Convolutions with the same strides and receptive field."""
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
        """All layers from input to frames, in order."""
        return (*(self.filterbank.layers if self.filterbank is not None else ()), *self.convs)


class ContextConfig(Frozen):
    """The GRU over the last module's latents. It is not a module: nothing decodes it."""

    hidden: int = Field(default=256, ge=1, le=4096)


class EncoderConfig(Frozen):
    """The stack of modules. `probabilistic` modules output a Gaussian posterior (SIM), others only its mean (GIM)."""

    modules: tuple[ModuleConfig, ...] = Field(min_length=1, max_length=16)
    probabilistic: bool = True
    batch_norm: bool = False
    conv_bias: bool = True
    he_init: bool = False
    """Initialise convolutions as He et al. (arXiv 1502.01852, eq. 10), which keeps the variance through a ReLU. With
    torch's default, gradients from the top of a stack without batch norm almost vanish.
    """
    context: ContextConfig | None = None
    orthogonal_heads: bool = False
    """Initialise the mean's head as an orthogonal matrix and the log-variance's weights as zero."""
    initial_logvar: float = 0.0
    logvar_range: tuple[float, float] = (-8.0, 4.0)

    @model_validator(mode="after")
    def _check(self) -> EncoderConfig:
        width = 1  # the waveform has one channel
        for index, module in enumerate(self.modules):
            width = module.filterbank.filters if module.filterbank is not None else width
            for layer in module.convs:
                if layer.residual and width != module.hidden:
                    raise ValueError(
                        f"modules[{index}]: a residual convolution has an input of {width} channels and an output of "
                        f"{module.hidden}; make hidden the same"
                    )
                width = module.hidden
            width = module.dims
        return self
