"""Frame counts, hops, receptive fields and frame positions of each module, derived from its convolutions.

Sample indices count from 0; sample n covers the time n / rate to (n + 1) / rate. Frame t of a module depends on
`receptive_field` samples from `offset + t * hop` on. The offset is negative if padding extends before the recording.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.config import ConvLayer, EncoderConfig


@dataclass(frozen=True)
class ModuleGeometry:
    """Frame geometry of one module, in samples of the waveform.

    `layers`: all convolutions from the waveform to the module's output.
    """

    sample_rate: int
    layers: tuple[ConvLayer, ...]
    hop: int
    receptive_field: int
    offset: int

    @property
    def hop_seconds(self) -> float:
        return self.hop / self.sample_rate

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop

    @property
    def receptive_field_seconds(self) -> float:
        return self.receptive_field / self.sample_rate

    def frames(self, samples: int) -> int:
        """Number of frames of a recording of `samples` samples; 0 if it is too short."""
        count = samples
        for layer in self.layers:
            count = (count + 2 * layer.padding - _extent(layer)) // layer.stride + 1
            if count < 1:
                return 0
        return count

    def samples(self, frames: int) -> int:
        """Nominal length of `frames` frames in samples: one hop per frame."""
        return frames * self.hop

    @property
    def minimum_samples(self) -> int:
        """The smallest number of samples that gives a frame."""
        count = 1
        for layer in reversed(self.layers):
            count = max(1, (count - 1) * layer.stride + _extent(layer) - 2 * layer.padding)
        return count

    def frame_centre(self, frame: int) -> float:
        """Sample position of the centre of the frame's receptive field; half-integer if the field is even."""
        return self.offset + frame * self.hop + (self.receptive_field - 1) / 2

    def frame_centre_seconds(self, frame: int) -> float:
        return self.frame_centre(frame) / self.sample_rate

    def frame_at(self, seconds: float) -> int:
        """The frame with the centre closest to `seconds`, the earlier one on a tie. May be outside a recording."""
        return math.ceil((seconds * self.sample_rate - self.frame_centre(0)) / self.hop - 0.5)

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice:
        """The frames out of `frames` with centres in [start, end) seconds. None is the clip's border.

        A span without a frame centre gives the one frame closest to its middle.
        """

        def first_at_or_after(seconds: float) -> int:
            position = (seconds * self.sample_rate - self.frame_centre(0)) / self.hop
            return min(max(math.ceil(position - 1e-9), 0), frames)

        begin = 0 if start is None else first_at_or_after(start)
        stop = frames if end is None else first_at_or_after(end)
        if begin >= stop:
            middle = ((start or 0.0) + (end if end is not None else self.samples(frames) / self.sample_rate)) / 2
            begin = min(max(self.frame_at(middle), 0), frames - 1)
            stop = begin + 1
        return slice(begin, stop)


def _extent(layer: ConvLayer) -> int:
    """Input frames from the first to the last tap of a (dilated) kernel."""
    return layer.dilation * (layer.kernel - 1) + 1


def module_geometry(layers: tuple[ConvLayer, ...], sample_rate: int) -> ModuleGeometry:
    """Geometry of a chain of convolutions over a waveform."""
    hop, field, offset = 1, 1, 0
    for layer in layers:
        offset -= layer.padding * hop
        field += (_extent(layer) - 1) * hop
        hop *= layer.stride
    return ModuleGeometry(sample_rate, layers, hop, field, offset)


def encoder_geometry(encoder: EncoderConfig, sample_rate: int) -> tuple[ModuleGeometry, ...]:
    """Geometry of each module, module 1 first."""
    layers: tuple[ConvLayer, ...] = ()
    geometries = []
    for module in encoder.modules:
        layers += module.layers
        geometries.append(module_geometry(layers, sample_rate))
    return tuple(geometries)
