"""Where a frame lies in the recording: frame counts, hops and receptive fields, derived by walking the convolutions.

A sample index counts from 0; sample n covers the time n / rate to (n + 1) / rate. Frame t of a module sees
`receptive_field` samples starting at `offset + t * hop`; the offset is negative where padding reaches before the
recording.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.config import ConvLayer, EncoderConfig


@dataclass(frozen=True)
class ModuleGeometry:
    """One module's frames, in samples of the waveform. `layers` are all convolutions from the waveform up to it."""

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
        """How many frames `samples` give; 0 where they are too few for one."""
        count = samples
        for layer in self.layers:
            count = (count + 2 * layer.padding - _extent(layer)) // layer.stride + 1
            if count < 1:
                return 0
        return count

    def samples(self, frames: int) -> int:
        """The length that `frames` frames speak for when no recording says better: one hop each."""
        return frames * self.hop

    @property
    def minimum_samples(self) -> int:
        """The fewest samples that give a frame."""
        count = 1
        for layer in reversed(self.layers):
            count = max(1, (count - 1) * layer.stride + _extent(layer) - 2 * layer.padding)
        return count

    def frame_centre(self, frame: int) -> float:
        """The sample position in the middle of what `frame` sees (half-way between two samples for an even field)."""
        return self.offset + frame * self.hop + (self.receptive_field - 1) / 2

    def frame_centre_seconds(self, frame: int) -> float:
        return self.frame_centre(frame) / self.sample_rate

    def frame_at(self, seconds: float) -> int:
        """The frame whose centre lies nearest `seconds` (not limited to a recording's frames; earlier on a tie)."""
        return math.ceil((seconds * self.sample_rate - self.frame_centre(0)) / self.hop - 0.5)

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice:
        """The frames, of `frames`, centred in [start, end) seconds; None is the clip's border, so both None are all
        frames.

        A span shorter than a hop still holds the frame nearest its middle.
        """

        def first_from(seconds: float) -> int:
            position = (seconds * self.sample_rate - self.frame_centre(0)) / self.hop
            return min(max(math.ceil(position - 1e-9), 0), frames)

        begin = 0 if start is None else first_from(start)
        stop = frames if end is None else first_from(end)
        if begin >= stop:
            middle = ((start or 0.0) + (end if end is not None else self.samples(frames) / self.sample_rate)) / 2
            begin = min(max(self.frame_at(middle), 0), frames - 1)
            stop = begin + 1
        return slice(begin, stop)


def _extent(layer: ConvLayer) -> int:
    """From the first to the last frame that a convolution looks at."""
    return layer.dilation * (layer.kernel - 1) + 1


def module_geometry(layers: tuple[ConvLayer, ...], sample_rate: int) -> ModuleGeometry:
    """The geometry of a chain of convolutions over a waveform."""
    hop, field, offset = 1, 1, 0
    for layer in layers:
        offset -= layer.padding * hop
        field += (_extent(layer) - 1) * hop
        hop *= layer.stride
    return ModuleGeometry(sample_rate, layers, hop, field, offset)


def stack(encoder: EncoderConfig, sample_rate: int) -> tuple[ModuleGeometry, ...]:
    """One geometry for each module, the one at the waveform first."""
    layers: tuple[ConvLayer, ...] = ()
    geometries = []
    for module in encoder.modules:
        layers += module.layers
        geometries.append(module_geometry(layers, sample_rate))
    return tuple(geometries)
