"""Pooling of representations over time: mean and standard deviation of the frames of each span.

Recordings are processed in batches, in a single pass, so a corpus need not fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.audio import loudness_gain
from trainer.audio.log_mel import LogMel
from trainer.geometry import ModuleGeometry

Waveform = NDArray[np.float32]
Features = NDArray[np.float32]
Span = tuple[float | None, float | None]
WHOLE_CLIP: Span = (None, None)
"""The whole recording; other spans are (start, end) in seconds."""

MEAN, MEAN_SD = "mean", "mean + sd"
MATCHED_WINDOW = "matched window: "
"""Prefix of a representation's name, see with_matched_windows."""
POOLINGS = (MEAN, MEAN_SD)
LOG_MEL, GRU, UNTRAINED = "log-mel", "GRU", "untrained"
LOG_MEL_BANDS = 40
_BATCH_SAMPLES = 160_000


def select_pooling(features: Features, pooling: str) -> Features:
    """Columns [n, dims or 2 dims] of `pooling` in pooled `features` [n, 2 dims]."""
    return features[:, : features.shape[1] // 2] if pooling == MEAN else features


def normalise_loudness(waveform: Waveform, dbfs: float) -> Waveform:
    """`waveform` [samples] scaled to the loudness `dbfs`."""
    return waveform * np.float32(loudness_gain(waveform, dbfs))


class FrameLocator(Protocol):
    """Maps spans in seconds to frames."""

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice:
        """The frames, of `frames`, that belong to the span."""
        ...


@dataclass(frozen=True)
class RepresentationSource:
    """Representations that are computed together.

    `compute` maps waveforms (B, samples) to the frames (B, dims, frames) of each of `geometries`, in their order.
    """

    geometries: Mapping[str, FrameLocator]
    compute: Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True)
class _WidenedSpans:
    """Spans that are longer by `seconds` at either end."""

    geometry: ModuleGeometry
    seconds: float

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice:
        wider = None if start is None else max(0.0, start - self.seconds), None if end is None else end + self.seconds
        return self.geometry.frame_span(*wider, frames)


def with_matched_windows(source: RepresentationSource, deepest: ModuleGeometry) -> RepresentationSource:
    """`source` with every representation repeated, named with MATCHED_WINDOW, over the input window of `deepest`.

    Deeper frames have larger receptive fields. The repeated representations are pooled over as many more frames as
    needed to cover the same input as the deepest module, so that depths are comparable (Choi et al., arXiv 2312.10019).
    The GRU, whose receptive field is the whole past, is not repeated.
    """
    wider = {}
    for name, geometry in source.geometries.items():
        assert isinstance(geometry, ModuleGeometry)
        more = (deepest.receptive_field - geometry.receptive_field) / 2 / deepest.sample_rate
        if not name.endswith(GRU):
            wider[f"{MATCHED_WINDOW}{name}"] = _WidenedSpans(geometry, more)

    def compute(waveforms: Tensor) -> list[Tensor]:
        frames = source.compute(waveforms)
        named = dict(zip(source.geometries, frames, strict=True))
        return [*frames, *(named[name.removeprefix(MATCHED_WINDOW)] for name in wider)]

    return RepresentationSource({**source.geometries, **wider}, compute)


def log_mel_source(sample_rate: int, bands: int = LOG_MEL_BANDS) -> RepresentationSource:
    """Log-mel spectrograms of `bands` bands; frame t is centred on sample t * hop."""
    log_mel = LogMel(sample_rate, bands)
    half = log_mel.window // 2
    geometry = ModuleGeometry(sample_rate, (), hop=log_mel.hop, receptive_field=2 * half + 1, offset=-half)
    return RepresentationSource({LOG_MEL: geometry}, lambda waveforms: [log_mel(waveforms)])


Clips = Iterable[tuple[Waveform, Sequence[Span]]]
"""Waveforms [samples] at their final loudness, each with its spans. Consecutive clips of equal length are computed
together.
"""


def pool_clips(sources: Sequence[RepresentationSource], clips: Clips) -> dict[str, Features]:
    """Mean and standard deviation over time of each representation, by name [spans of all clips, 2 dims].

    The frames of a span are those centred in it. Raises ValueError without spans.
    """
    return {name: torch.stack(pooled).numpy() for name, pooled in _by_span(sources, clips, _pool).items()}


def span_frames(sources: Sequence[RepresentationSource], clips: Clips) -> dict[str, list[Features]]:
    """The frames [L, dims] of each span of each representation, by name. Raises ValueError without spans."""
    found = _by_span(sources, clips, lambda frames: frames.T.contiguous())
    return {name: [frames.numpy() for frames in spans] for name, spans in found.items()}


@torch.inference_mode()
def _by_span(
    sources: Sequence[RepresentationSource], clips: Clips, summarise: Callable[[Tensor], Tensor]
) -> dict[str, list[Tensor]]:
    """`summarise` of the frames [dims, L] of every span of every representation."""
    rows: dict[str, list[Tensor]] = {name: [] for source in sources for name in source.geometries}
    for batch in _batches(clips):
        waveforms = torch.from_numpy(np.stack([waveform for waveform, _ in batch]))
        for source in sources:
            for (name, geometry), frames in zip(source.geometries.items(), source.compute(waveforms), strict=True):
                for one, (_, spans) in zip(frames, batch, strict=True):
                    rows[name] += [summarise(one[:, geometry.frame_span(*span, one.shape[1])]) for span in spans]
    if not all(rows.values()):
        raise ValueError("nothing to pool: no recording has a span")
    return rows


def _pool(frames: Tensor) -> Tensor:
    """Mean and standard deviation over frames: [dims, frames] -> [2 dims]."""
    return torch.cat([frames.mean(1), frames.std(1, correction=0)])


def _batches(clips: Clips) -> Iterator[list[tuple[Waveform, Sequence[Span]]]]:
    """Batches of consecutive clips of equal length, at most _BATCH_SAMPLES in total."""
    batch: list[tuple[Waveform, Sequence[Span]]] = []
    for clip in clips:
        length = len(clip[0])
        if batch and (len(batch[0][0]) != length or (len(batch) + 1) * length > _BATCH_SAMPLES):
            yield batch
            batch = []
        batch.append(clip)
    if batch:
        yield batch
