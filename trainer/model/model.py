"""A trained model: one encoder, and at most one decoder per module."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from trainer import geometry
from trainer.audio import loudness_gain
from trainer.config import Config
from trainer.model.decoder import Decoder, SpectralDecoder, make_decoder
from trainer.model.kernels.chunked_decoding import changed_ranges, decode_in_chunks, splice
from trainer.model.kernels.fold_batch_norm import fold_batch_norm
from trainer.model.kernels.onnx_decoder import OnnxDecoder
from trainer.model.posterior import Posterior
from trainer.model.rotation import Rotation
from trainer.model.sim import SIM
from trainer.model.whitening import Whitening

CHUNK_SECONDS = 20.0
"""Length of the chunks in which recordings are encoded and decoded."""


class Model(nn.Module):
    """Encodes recordings and decodes latents. Modules count from 1 at the waveform.

    With a `whitening` and a `rotation`, `encode` returns and `decode` takes latents that are whitened, then in the
    rotated basis; the encoder and the decoders themselves work in the trained basis.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.geometry = geometry.encoder_geometry(config.encoder, config.sample_rate)
        self.encoder = SIM(config)
        self.decoders = nn.ModuleDict()
        self.whitening: Whitening | None = None
        self.rotation: Rotation | None = None

    @property
    def modules_count(self) -> int:
        return len(self.geometry)

    def dims(self, module: int) -> int:
        """Number of latent dimensions of `module`."""
        return self.config.encoder.modules[self._index(module)].dims

    def has_decoder(self, module: int) -> bool:
        return str(module) in self.decoders

    def add_decoder(self, module: int) -> Decoder:
        """Give `module` a decoder with initial weights, replacing any it has, and return it."""
        index = self._index(module)
        decoder = make_decoder(self.config.decoder, module, self.dims(module), self.geometry[index].hop)
        self.decoders[str(module)] = decoder
        return decoder

    def optimise_for_inference(self) -> Model:
        """Fold batch norm into convolutions and move spectral decoders to ONNX Runtime, in place; returns the model.

        Outputs are equal within rounding. The weights no longer match the bundle and must not be trained or saved.
        Raises ValueError in training mode.
        """
        if self.training:
            raise ValueError("the model is in training mode; call eval() before optimise_for_inference()")
        fold_batch_norm(self.encoder)
        for module, decoder in self.decoders.items():
            if isinstance(decoder, SpectralDecoder):
                self.decoders[module] = OnnxDecoder(decoder)
        return self

    def gain(self, waveform: ArrayLike | Tensor) -> float:
        """Factor by which `encode` scales `waveform` [samples] to the model's loudness. Divide a decoded waveform by
        it to restore the original level.
        """
        if self.config.loudness_dbfs is None:
            return 1.0
        return loudness_gain(np.asarray(waveform, dtype=np.float32), self.config.loudness_dbfs)

    @torch.inference_mode()
    def encode(self, waveform: ArrayLike | Tensor) -> list[Posterior]:
        """Waveform [samples] at the model's sample rate -> posterior [D, L] of each module, module 1 first.

        Raises ValueError if the recording is too short for the deepest module.
        """
        wave = np.asarray(waveform, dtype=np.float32)
        if wave.ndim != 1:
            raise ValueError(f"waveform must have shape [samples], not {list(wave.shape)}")
        needed = self.geometry[-1].minimum_samples
        if len(wave) < needed:
            raise ValueError(f"the recording has {len(wave)} samples; the deepest module needs at least {needed}")
        parameter = next(self.encoder.parameters())
        return self.rotate(self._encode_in_chunks(torch.from_numpy(wave * np.float32(self.gain(wave))).to(parameter)))

    def rotate(self, posteriors: Sequence[Posterior]) -> list[Posterior]:
        """Posteriors (..., D, L) of modules 1, 2, ... from the trained basis to the basis of `encode`."""
        return [self._rotate(module, posterior) for module, posterior in enumerate(posteriors, 1)]

    def _rotate(self, module: int, posterior: Posterior) -> Posterior:
        if self.whitening is not None:
            basis = None if self.rotation is None else self.rotation.bases[str(module)]
            return self.whitening.whiten(module, posterior, basis)
        return posterior if self.rotation is None else self.rotation.rotate(module, posterior)

    def derotate(self, module: int, latents: Tensor) -> Tensor:
        """Latents (..., D, L) of `module` in the basis of `encode` -> the trained basis, which decoders take."""
        latents = latents if self.rotation is None else self.rotation.derotate(module, latents)
        return latents if self.whitening is None else self.whitening.unwhiten(module, latents)

    def _encode_in_chunks(self, wave: Tensor) -> list[Posterior]:
        """Posteriors of `wave` [samples], CHUNK_SECONDS at a time: for a long recording the first convolution alone
        would take gigabytes.

        Chunks start on a frame of every module and overlap by one receptive field. The overlapping frames, which the
        padding at chunk borders affects, are dropped.
        """
        last_module, total = self.geometry[-1], len(wave)
        margin = math.ceil(last_module.receptive_field / last_module.hop) * last_module.hop
        length = max(1, round(CHUNK_SECONDS * last_module.frame_rate)) * last_module.hop
        kept: list[list[Posterior]] = [[] for _ in self.geometry]
        for start in range(0, total, length):
            first, is_last = max(0, start - margin), start + length >= total
            encoded = self.encoder(wave[None, first : start + length + margin])
            for parts, module, posterior in zip(kept, self.geometry, encoded, strict=True):
                begin = (start - first) // module.hop
                parts.append(posterior[0].frames(begin, None if is_last else begin + length // module.hop))
        return [Posterior.concatenate(parts) for parts in kept]

    @torch.inference_mode()
    def decode(
        self, module: int, latents: Tensor, samples: int | None = None, sample_range: tuple[int, int] | None = None
    ) -> Tensor:
        """Latents [D, L] of `module` -> waveform [samples] at the model's loudness. `samples` defaults to one hop per
        frame. With `sample_range`, only samples [start, stop) are returned, equal within rounding, and only the frames
        that affect them are decoded.

        Raises ValueError if the module has no decoder, or the latents are not [D, L] with L >= 1.
        """
        decoder = self._decoder_for(module, latents)
        latents = self.derotate(module, latents)
        length = self.geometry[module - 1].samples(latents.shape[1]) if samples is None else samples
        return decode_in_chunks(decoder, latents, length, round(CHUNK_SECONDS * self.config.sample_rate), sample_range)

    @torch.inference_mode()
    def decode_edited(
        self,
        module: int,
        latents: Tensor,
        unedited: Tensor,
        samples: int,
        unedited_waveform: Callable[[], Tensor],
    ) -> Tensor:
        """`decode(module, latents, samples)`, equal within rounding, computed from a previous decoding where possible.

        If `latents` differ from `unedited` (both [D, L]) in few frames, only the samples that these affect are decoded
        and spliced into `unedited_waveform()` [samples], the decoding of `unedited`. It is called only in this case.

        Raises ValueError as `decode` does.
        """
        decoder = self._decoder_for(module, latents)
        ranges = changed_ranges(decoder, latents, unedited, samples)
        if ranges is None:
            return self.decode(module, latents, samples)
        return splice(decoder, self.derotate(module, latents), unedited_waveform(), ranges)

    def _decoder_for(self, module: int, latents: Tensor) -> Decoder:
        self._index(module)
        if not self.has_decoder(module):
            raise ValueError(f"module {module} has no decoder; fit one first")
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
