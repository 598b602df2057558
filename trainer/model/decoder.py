"""From one module's latents back to the waveform. Two kinds, one interface: (B, dims, frames), samples -> (B,
samples).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.config import DecoderConfig, PaperDecoderConfig, SpectralDecoderConfig

MAX_LOG_MAGNITUDE = 7.0  # far above speech at any loudness; keeps latents far off the data from overflowing
_INITIAL_LOG_MAGNITUDE = -2.0


class Decoder(nn.Module):
    """What both kinds promise: exactly `samples` samples, whatever the number of frames (at least one).

    And that they are local: `grain` frames make `grain_samples` samples, latents may be cut at any multiple of them,
    and neither a frame nor a cut is heard farther than `reach` samples from where it lies.
    """

    grain: int
    grain_samples: int
    reach: int

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        raise TypeError("use make_decoder to get a decoder of a kind")

    def hidden_matrices(self) -> list[nn.Parameter]:
        """The weights between hidden layers that are plain matrices, which some optimisers treat apart."""
        return []


class PaperDecoder(Decoder):
    """Transposed convolutions with ReLU up to the waveform (SIM, appendix on decoders)."""

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
        self.grain, self.grain_samples, self.reach = 1, 1, 0
        for layer in reversed(layers):  # what a layer reaches counts in the samples of its output
            self.reach += layer.kernel * self.grain_samples
            self.grain_samples *= layer.stride

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        waveform: Tensor = self.net(latents).squeeze(1)
        return F.pad(waveform[:, :samples], (0, max(0, samples - waveform.shape[1])))


class FrameBlock(nn.Module):
    """A residual block over frames: depthwise convolution, norm across channels, two pointwise layers, a gain."""

    def __init__(self, width: int, expansion: int, kernel: int, gain: float) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)
        self.gain = nn.Parameter(torch.full((width,), gain))

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, width) -> the same."""
        h = self.mix(x.transpose(1, 2)).transpose(1, 2)
        change: Tensor = self.narrow(F.gelu(self.widen(self.norm(h))))
        return x + self.gain * change


class SpectralDecoder(Decoder):
    """Blocks over STFT frames, then a head that gives log-magnitude and phase for the inverse STFT (the approach of
    Vocos, arXiv 2306.00814).

    A strided convolution first brings the module's frames to the STFT's: frame j of the STFT, centred on sample j *
    hop, sees the latents of the hop before it and the hop after it.
    """

    window: Tensor

    def __init__(self, config: SpectralDecoderConfig, dims: int, hop: int) -> None:
        super().__init__()
        if config.hop % hop:
            raise ValueError(f"decoder.hop ({config.hop} samples) must be a multiple of the module's hop ({hop})")
        self.n_fft, self.hop, self.frames_per_hop = config.n_fft, config.hop, config.hop // hop
        self.grain, self.grain_samples = self.frames_per_hop, self.hop
        self.reach = (2 + config.blocks * (config.kernel // 2)) * self.hop + config.n_fft // 2
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
        """Latents with border frames repeated so that the strided stem gives a frame of the STFT every hop, from the
        first sample to the last: one hop of context on either side.
        """
        wanted, ratio = (math.ceil(samples / self.hop) + 2) * self.frames_per_hop, self.frames_per_hop
        latents = latents[:, :, : wanted - ratio]
        return F.pad(latents, (ratio, wanted - ratio - latents.shape[2]), mode="replicate")

    def predict(self, aligned: Tensor) -> tuple[Tensor, Tensor]:
        """Log-magnitude and phase of the STFT, each (B, bins, frames)."""
        x = self.norm(self.stem(aligned).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        magnitude, phase = self.head(self.final_norm(x)).float().transpose(1, 2).chunk(2, 1)
        if self.direct is not None:
            magnitude = magnitude + self.direct(aligned).float()
        return magnitude, phase

    def synthesise(self, magnitude: Tensor, phase: Tensor, samples: int) -> Tensor:
        """The sound (B, samples) of what `predict` gives."""
        size = magnitude.clamp(max=MAX_LOG_MAGNITUDE).exp()
        spectrum = torch.complex(size * phase.cos(), size * phase.sin())  # torch.polar takes half as long again
        covered = (spectrum.shape[2] - 1) * self.hop
        waveform: Tensor = torch.istft(spectrum, self.n_fft, self.hop, window=self.window, length=covered)
        return waveform[:, :samples]

    def hidden_matrices(self) -> list[nn.Parameter]:
        return [parameter for parameter in self.blocks.parameters() if parameter.ndim == 2]


def make_decoder(config: DecoderConfig, module: int, dims: int, hop: int) -> Decoder:
    """The decoder of `module` (from 1), whose latents have `dims` dimensions every `hop` samples."""
    if isinstance(config, PaperDecoderConfig):
        return PaperDecoder(config, module, dims)
    return SpectralDecoder(config, dims, hop)
