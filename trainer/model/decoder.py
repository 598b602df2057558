"""Decoders from one module's latents to the waveform, of two kinds: latents (B, D, L), samples -> (B, samples)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import DecoderConfig, PaperDecoderConfig, SpectralDecoderConfig

MAX_LOG_MAGNITUDE = 7.0  # far above speech at any loudness; prevents overflow for latents far from the training data
_INITIAL_LOG_MAGNITUDE = -2.0


class Decoder(nn.Module):
    """Interface of both kinds. The output has exactly `samples` samples for any number of frames L >= 1.

    Decoders are local: `frames_per_hop` frames make `hop` samples, latents may be cut at any multiple of
    `frames_per_hop`, and a frame or a cut changes only samples at most `receptive_field` samples away.
    """

    frames_per_hop: int
    hop: int
    receptive_field: int

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        raise TypeError("Decoder is an interface; make_decoder returns a decoder of one kind")

    def hidden_matrices(self) -> list[nn.Parameter]:
        """Weight matrices between hidden layers, which Muon updates."""
        return []


class PaperDecoder(Decoder):
    """Transposed convolutions with ReLU up to the waveform (SIM, arXiv 2408.12936, appendix on decoders)."""

    def __init__(self, config: PaperDecoderConfig, module: int, dims: int) -> None:
        super().__init__()
        layers, inputs = config.layers[module - 1], dims
        blocks: list[nn.Module] = []
        for index, layer in enumerate(layers):
            last = index == len(layers) - 1
            outputs = 1 if last else config.channels
            blocks.append(
                nn.ConvTranspose1d(inputs, outputs, layer.kernel, layer.stride, layer.padding, layer.output_padding)
            )
            if not last:
                blocks.append(nn.ReLU())
            inputs = outputs
        self.net = nn.Sequential(*blocks)
        self.frames_per_hop, self.hop, self.receptive_field = 1, 1, 0
        for layer in reversed(layers):  # a layer's kernel counts in its output's samples
            self.receptive_field += layer.kernel * self.hop
            self.hop *= layer.stride

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        waveform: Tensor = self.net(latents).squeeze(1)
        return F.pad(waveform[:, :samples], (0, max(0, samples - waveform.shape[1])))


class FrameBlock(nn.Module):
    """ConvNeXt-style residual block: depthwise convolution, layer norm, two pointwise layers, a learned gain."""

    def __init__(self, width: int, expansion: int, kernel: int, gain: float) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)
        self.gain = nn.Parameter(torch.full((width,), gain))

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, width) -> (B, L, width)."""
        h = self.mix(x.transpose(1, 2)).transpose(1, 2)
        residual: Tensor = self.narrow(F.gelu(self.widen(self.norm(h))))
        return x + self.gain * residual


class SpectralDecoder(Decoder):
    """Residual blocks over STFT frames, then a linear head for log-magnitude and phase, then the inverse STFT (as in
    Vocos, arXiv 2306.00814).

    A strided convolution first maps the module's frames to STFT frames: STFT frame j, centred on sample j * hop, sees
    the latents of one hop before and one hop after.
    """

    window: Tensor

    def __init__(self, config: SpectralDecoderConfig, dims: int, hop: int) -> None:
        super().__init__()
        if config.hop % hop:
            raise ValueError(f"decoder.hop ({config.hop} samples) must be a multiple of the module's hop ({hop})")
        self.n_fft, self.hop, self.frames_per_hop = config.n_fft, config.hop, config.hop // hop
        self.receptive_field = (2 + config.blocks * (config.kernel // 2)) * self.hop + config.n_fft // 2
        bins = config.n_fft // 2 + 1
        self.stem = nn.Conv1d(dims, config.width, 2 * self.frames_per_hop, self.frames_per_hop)
        self.direct = nn.Conv1d(dims, bins, 2 * self.frames_per_hop, self.frames_per_hop) if config.direct else None
        self.norm = nn.LayerNorm(config.width)
        self.blocks = nn.ModuleList(
            FrameBlock(config.width, config.expansion, config.kernel, 1.0 / config.blocks) for _ in range(config.blocks)
        )
        self.final_norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 2 * bins)
        nn.init.trunc_normal_(self.head.weight, std=0.02)
        nn.init.constant_(self.head.bias[:bins], _INITIAL_LOG_MAGNITUDE)
        nn.init.zeros_(self.head.bias[bins:])
        if self.direct is not None:
            for parameter in self.direct.parameters():
                nn.init.zeros_(parameter)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        return self.synthesise(*self.predict(self.align(latents, samples)), samples)

    def align(self, latents: Tensor, samples: int) -> Tensor:
        """Latents (B, D, L) cut, or padded with copies of the border frames, so that the strided stem gives one STFT
        frame per hop from the first sample to the last, with one hop of context on both sides.
        """
        ratio = self.frames_per_hop
        frames = (math.ceil(samples / self.hop) + 2) * ratio
        latents = latents[:, :, : frames - ratio]
        return F.pad(latents, (ratio, frames - ratio - latents.shape[2]), mode="replicate")

    def predict(self, aligned: Tensor) -> tuple[Tensor, Tensor]:
        """Log-magnitude and phase of the STFT, each (B, bins, STFT frames), from the output of `align`."""
        x = self.norm(self.stem(aligned).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        magnitude, phase = self.head(self.final_norm(x)).float().transpose(1, 2).chunk(2, 1)
        if self.direct is not None:
            magnitude = magnitude + self.direct(aligned).float()
        return magnitude, phase

    def synthesise(self, magnitude: Tensor, phase: Tensor, samples: int) -> Tensor:
        """Waveform (B, samples) from log-magnitude and phase (B, bins, STFT frames)."""
        amplitude = magnitude.clamp(max=MAX_LOG_MAGNITUDE).exp()
        # 1.5 times as fast as torch.polar
        spectrum = torch.complex(amplitude * phase.cos(), amplitude * phase.sin())
        length = (spectrum.shape[2] - 1) * self.hop
        waveform: Tensor = torch.istft(spectrum, self.n_fft, self.hop, window=self.window, length=length)
        return waveform[:, :samples]

    def hidden_matrices(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.blocks.parameters() if parameter.ndim == 2]


def make_decoder(config: DecoderConfig, module: int, dims: int, hop: int) -> Decoder:
    """A decoder for `module` (from 1), whose latents have `dims` dimensions and one frame per `hop` samples."""
    if isinstance(config, PaperDecoderConfig):
        return PaperDecoder(config, module, dims)
    return SpectralDecoder(config, dims, hop)
