"""The settings of a decoder, and of what it minimises."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.frozen import Frozen


class TransposedLayer(Frozen):
    """One transposed convolution."""

    kernel: int = Field(ge=1, le=65_536)
    stride: int = Field(ge=1, le=65_536)
    padding: int = Field(ge=0, le=65_536)
    output_padding: int = Field(ge=0, le=65_536)


class PaperDecoderConfig(Frozen):
    """SIM's own decoder: transposed convolutions to the waveform, one list of layers for each module."""

    kind: Literal["paper"] = "paper"
    channels: int = Field(ge=1, le=8192)
    layers: tuple[Annotated[tuple[TransposedLayer, ...], Field(min_length=1, max_length=64)], ...]


class SpectralDecoderConfig(Frozen):
    """Convolutional blocks over frames and an inverse STFT head giving magnitude and phase. `direct`: the latents also
    reach the log-magnitude by one linear map, past the blocks and what these normalise away.
    """

    kind: Literal["spectral"] = "spectral"
    width: int = Field(ge=1, le=8192)
    blocks: int = Field(ge=1, le=256)
    expansion: int = Field(default=3, ge=1, le=64)
    kernel: int = Field(default=7, ge=1, le=1001)
    n_fft: int = Field(default=640, ge=16, le=65_536)
    hop: int = Field(default=160, ge=1)
    direct: bool = False

    @model_validator(mode="after")
    def _check(self) -> SpectralDecoderConfig:
        if self.kernel % 2 == 0:
            raise ValueError("kernel must be odd, so that a block keeps its number of frames")
        if self.n_fft < 2 * self.hop or self.n_fft % 2:
            raise ValueError("n_fft must be even and at least twice the hop, so that windows overlap")
        return self


DecoderConfig = Annotated[PaperDecoderConfig | SpectralDecoderConfig, Field(discriminator="kind")]


class AdversarialConfig(Frozen):
    """A listener trained beside the decoder: the `weight` of misleading it and of `matching` what its layers make of
    the original; its width, and the windows it listens through.
    """

    weight: float = Field(default=0.1, gt=0)
    matching: float = Field(default=1.0, ge=0)
    channels: int = Field(default=16, ge=1)
    windows_seconds: tuple[Annotated[float, Field(ge=0.002, le=0.2)], ...] = Field(default=(0.016, 0.064), min_length=1)


class DecoderLossConfig(Frozen):
    """Weights of the reconstruction losses (see trainer.objectives), and the adversarial one, if any.

    What is decoded while learning is the posterior's mean and a share of one deviation from it, for each crop drawn
    between `least_spread` and 1: at 1, samples of the posterior. With less, more of the steps go to the means, which
    are what people hear.
    """

    least_spread: float = Field(default=1.0, ge=0, le=1)
    waveform: float = Field(default=0.0, ge=0)
    log_mel: float = Field(default=1.0, ge=0)
    stft: float = Field(default=1.0, ge=0)
    complex: float = Field(default=0.0, ge=0)
    adversarial: AdversarialConfig | None = None
