"""A trained model: one encoder, a decoder for each module that has one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from trainer import geometry
from trainer.audio.files import loudness_gain
from trainer.config import Config
from trainer.model.decoder import Decoder, SpectralDecoder, make_decoder
from trainer.model.kernels.chunked_decoding import decode_in_pieces, spans_to_decode, splice
from trainer.model.kernels.fold_batch_norm import fuse_norms
from trainer.model.kernels.onnx_decoder import GraphDecoder
from trainer.model.posterior import Posterior
from trainer.model.rotation import Axes
from trainer.model.sim import SIM

PIECE_SECONDS = 20.0
"""How much of a recording is encoded, or decoded, at once."""


class Model(nn.Module):
    """Encode a recording, decode latents. Modules count from 1 at the waveform.

    Where it has `axes`, latents are told along them by `encode`, and are to be given to `decode` so; the encoder and
    the decoders themselves know nothing of them.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.geometry = geometry.stack(config.encoder, config.sample_rate)
        self.encoder = SIM(config)
        self.decoders = nn.ModuleDict()
        self.axes: Axes | None = None

    @property
    def modules_count(self) -> int:
        return len(self.geometry)

    def dims(self, module: int) -> int:
        """How many latent dimensions `module` has."""
        return self.config.encoder.modules[self._index(module)].dims

    def has_decoder(self, module: int) -> bool:
        return str(module) in self.decoders

    def add_decoder(self, module: int) -> Decoder:
        """A fresh decoder for `module`, in place of any it had."""
        index = self._index(module)
        decoder = make_decoder(self.config.decoder, module, self.dims(module), self.geometry[index].hop)
        self.decoders[str(module)] = decoder
        return decoder

    def fuse(self) -> Model:
        """This model, made faster for inference: the same within rounding, but with weights that no file holds, and
        decoders that ONNX Runtime runs.
        """
        if self.training:
            raise ValueError("a model that is being trained cannot be fused; call eval() first")
        fuse_norms(self.encoder)
        for module, decoder in self.decoders.items():
            if isinstance(decoder, SpectralDecoder):
                self.decoders[module] = GraphDecoder(decoder)
        return self

    def gain(self, waveform: ArrayLike | Tensor) -> float:
        """The factor `encode` applies to bring `waveform` [samples] to the model's loudness; divide a decoded sound
        by it to put it back.
        """
        if self.config.loudness_dbfs is None:
            return 1.0
        return loudness_gain(np.asarray(waveform, dtype=np.float32), self.config.loudness_dbfs)

    @torch.inference_mode()
    def encode(self, waveform: ArrayLike | Tensor) -> list[Posterior]:
        """[samples] at the model's rate -> the posterior [dims, frames] of each module, module 1 first.

        Raises ValueError when the recording is too short for the deepest module.
        """
        wave = np.asarray(waveform, dtype=np.float32)
        if wave.ndim != 1:
            raise ValueError(f"waveform must be one-dimensional [samples], not of shape {wave.shape}")
        needed = self.geometry[-1].minimum_samples
        if len(wave) < needed:
            raise ValueError(f"the recording has {len(wave)} samples; the deepest module needs at least {needed}")
        parameter = next(self.encoder.parameters())
        return self.told(self._encode_in_pieces(torch.from_numpy(wave * np.float32(self.gain(wave))).to(parameter)))

    def told(self, posteriors: Sequence[Posterior]) -> list[Posterior]:
        """What the encoder says (..., dims, frames) of each module, as told along the axes, where there are any."""
        if self.axes is None:
            return list(posteriors)
        return [self.axes.turn(module, posterior) for module, posterior in enumerate(posteriors, 1)]

    def as_trained(self, module: int, latents: Tensor) -> Tensor:
        """Latents (..., dims, frames) as the encoder said them and decoders take them."""
        return latents if self.axes is None else self.axes.turn_back(module, latents)

    def _encode_in_pieces(self, wave: Tensor) -> list[Posterior]:
        """The posteriors of `wave` [samples], some seconds at a time: the first convolution alone would take
        gigabytes of a long recording.

        Each piece begins on a frame of every module and carries a margin of one receptive field, whose frames are
        dropped: what padding does at a piece's ends reaches no frame that is kept.
        """
        deepest, total = self.geometry[-1], len(wave)
        margin = math.ceil(deepest.receptive_field / deepest.hop) * deepest.hop
        length = max(1, round(PIECE_SECONDS * deepest.frame_rate)) * deepest.hop
        kept: list[list[Posterior]] = [[] for _ in self.geometry]
        for start in range(0, total, length):
            first, last = max(0, start - margin), start + length >= total
            piece = self.encoder(wave[None, first : start + length + margin])
            for parts, depth, posterior in zip(kept, self.geometry, piece, strict=True):
                begin = (start - first) // depth.hop
                parts.append(posterior[0].frames(begin, None if last else begin + length // depth.hop))
        return [Posterior.joined(parts) for parts in kept]

    @torch.inference_mode()
    def decode(
        self, module: int, latents: Tensor, samples: int | None = None, between: tuple[int, int] | None = None
    ) -> Tensor:
        """Latents [dims, frames] of `module` -> waveform [samples] at the model's loudness; by default one hop a frame.
        With `between`, samples [start, stop) of it alone, within rounding, from those frames alone that reach them.

        Raises ValueError when the module has no decoder or the latents are not [dims, frames] with at least one frame.
        """
        decoder = self._decoder_for(module, latents)
        latents = self.as_trained(module, latents)
        length = self.geometry[module - 1].samples(latents.shape[1]) if samples is None else samples
        return decode_in_pieces(decoder, latents, length, round(PIECE_SECONDS * self.config.sample_rate), between)

    @torch.inference_mode()
    def decode_edited(
        self, module: int, latents: Tensor, before: Tensor, samples: int, unedited: Callable[[], Tensor]
    ) -> Tensor:
        """What `decode` gives for `latents`, within rounding, where they differ from `before` (both [dims, frames])
        perhaps in few frames: then only what these reach is decoded, and spliced into `unedited()`, the sound of
        `before`, which is asked for in no other case.

        Raises ValueError as `decode` does.
        """
        decoder = self._decoder_for(module, latents)
        spans = spans_to_decode(decoder, latents, before, samples)
        if spans is None:
            return self.decode(module, latents, samples)
        return splice(decoder, self.as_trained(module, latents), unedited(), spans)

    def _decoder_for(self, module: int, latents: Tensor) -> Decoder:
        self._index(module)
        if not self.has_decoder(module):
            raise ValueError(f"module {module} has no decoder yet")
        if latents.ndim != 2 or latents.shape[0] != self.dims(module) or latents.shape[1] < 1:
            raise ValueError(
                f"latents of module {module} must be [{self.dims(module)}, frames], not {list(latents.shape)}"
            )
        decoder = self.decoders[str(module)]
        assert isinstance(decoder, Decoder)
        return decoder

    def _index(self, module: int) -> int:
        if not 1 <= module <= self.modules_count:
            raise ValueError(f"module must be 1 to {self.modules_count}, not {module}")
        return module - 1
