"""Settings of decoders and of their losses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.frozen import Frozen, readable_names


class TransposedLayer(Frozen):
    """One transposed convolution."""

    kernel: int = Field(ge=1, le=65_536)
    stride: int = Field(ge=1, le=65_536)
    padding: int = Field(ge=0, le=65_536)
    output_padding: int = Field(ge=0, le=65_536)


class PaperDecoderConfig(Frozen):
    """The decoder of the SIM paper: transposed convolutions to the waveform, one list of layers per module."""

    kind: Literal["paper"] = "paper"
    channels: int = Field(ge=1, le=8192)
    layers: tuple[Annotated[tuple[TransposedLayer, ...], Field(min_length=1, max_length=64)], ...]


class SpectralDecoderConfig(Frozen):
    """Convolutional blocks over frames, and an inverse STFT head that predicts magnitude and phase.

    `expansion`: width of a block's hidden layer relative to `width`. `direct`: adds a linear map from the latents to
    the log-magnitude, which bypasses the blocks and their normalisation.
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
            raise ValueError("kernel must be odd, so that a block keeps the number of frames")
        if self.n_fft < 2 * self.hop or self.n_fft % 2:
            raise ValueError("n_fft must be even and at least twice the hop, so that windows overlap")
        return self


DecoderConfig = Annotated[PaperDecoderConfig | SpectralDecoderConfig, Field(discriminator="kind")]


class AdversarialConfig(Frozen):
    """Spectrogram discriminators trained together with the decoder.

    `weight` and `matching`: weights of the generator loss and of feature matching. `channels`: width of the
    discriminators. `windows_seconds`: STFT window of each discriminator.
    """

    weight: float = Field(default=0.1, gt=0)
    matching: float = Field(default=1.0, ge=0)
    channels: int = Field(default=16, ge=1)
    windows_seconds: tuple[Annotated[float, Field(ge=0.002, le=0.2)], ...] = Field(default=(0.016, 0.064), min_length=1)


class DecoderLossConfig(Frozen):
    """Weights of the reconstruction losses (trainer.objectives.reconstruction) and the adversarial loss, if any.

    Decoders train on posterior mean + s * (sample - mean), with s drawn per crop from U(min_noise_scale, 1). At 1 they
    see posterior samples only; lower values include the means, which users hear most.
    """

    min_noise_scale: float = Field(default=1.0, ge=0, le=1, validation_alias=readable_names("min_noise_scale"))
    waveform: float = Field(default=0.0, ge=0)
    log_mel: float = Field(default=1.0, ge=0)
    stft: float = Field(default=1.0, ge=0)
    complex: float = Field(default=0.0, ge=0)
    adversarial: AdversarialConfig | None = None
