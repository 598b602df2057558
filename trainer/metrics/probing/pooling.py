"""What a recording is in a representation, pooled over time: each module of a model, its GRU, and log-mel beside them.

Recordings go through once, a batch at a time, so that a corpus need not fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.audio.files import loudness_gain
from trainer.audio.log_mel import LogMel
from trainer.config import Config
from trainer.geometry import ModuleGeometry
from trainer.model import Model, Posterior

Waveform = NDArray[np.float32]
Features = NDArray[np.float32]
Span = tuple[float | None, float | None]
WHOLE: Span = (None, None)
"""A recording from end to end; other spans are (start, end) seconds."""

MEAN, MEAN_SD = "mean", "mean + sd"
ONE_WINDOW = "one window: "
POOLINGS = (MEAN, MEAN_SD)
LOG_MEL, GRU, UNTRAINED = "log-mel", "GRU", "untrained"
LOG_MEL_BANDS = 40
LOUDNESS_DBFS = -23.0
"""What recordings are brought to where the model names no loudness of its own."""
_BATCH_SAMPLES = 160_000
_SETTLING_BATCHES, _SETTLING_CLIPS, _SETTLING_SECONDS = 8, 8, 0.5


def select(features: Features, pooling: str) -> Features:
    """The columns [n, dims or 2 dims] of `pooling` in pooled features [n, 2 dims]."""
    return features[:, : features.shape[1] // 2] if pooling == MEAN else features


def loudness(config: Config) -> float:
    """What recordings are brought to before they are compared under `config`, in dBFS."""
    return LOUDNESS_DBFS if config.loudness_dbfs is None else config.loudness_dbfs


def level(waveform: Waveform, dbfs: float) -> Waveform:
    """`waveform` [samples] at the loudness `dbfs`."""
    return waveform * np.float32(loudness_gain(waveform, dbfs))


class Placed(Protocol):
    """Says which frames, of `frames`, are those of a span of seconds."""

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice: ...


@dataclass(frozen=True)
class Source:
    """Representations computed together: `compute` takes waveforms (B, samples) of one length to the frames
    (B, dims, frames) of each of `geometries`, in their order.
    """

    geometries: Mapping[str, Placed]
    compute: Callable[[Tensor], Sequence[Tensor]]


@dataclass(frozen=True)
class _Widened:
    """Spans longer by `seconds` on either side."""

    geometry: ModuleGeometry
    seconds: float

    def frame_span(self, start: float | None, end: float | None, frames: int) -> slice:
        wider = None if start is None else max(0.0, start - self.seconds), None if end is None else end + self.seconds
        return self.geometry.frame_span(*wider, frames)


def with_windows(source: Source, deepest: ModuleGeometry) -> Source:
    """`source` with each representation once more, its name after ONE_WINDOW: over as many more frames as it takes for
    them together to see what those of `deepest` see of a span. Deeper frames see more of what is around; only so do
    depths compare (Choi et al., arXiv 2312.10019). Not of the GRU, which sees all that has been.
    """
    wider = {}
    for name, geometry in source.geometries.items():
        assert isinstance(geometry, ModuleGeometry)
        more = (deepest.receptive_field - geometry.receptive_field) / 2 / deepest.sample_rate
        if not name.endswith(GRU):
            wider[f"{ONE_WINDOW}{name}"] = _Widened(geometry, more)

    def compute(waveforms: Tensor) -> list[Tensor]:
        frames = source.compute(waveforms)
        named = dict(zip(source.geometries, frames, strict=True))
        return [*frames, *(named[name.removeprefix(ONE_WINDOW)] for name in wider)]

    return Source({**source.geometries, **wider}, compute)


def log_mel_source(sample_rate: int, bands: int = LOG_MEL_BANDS) -> Source:
    """Log-mel spectrograms; frame t is centred on sample t * hop."""
    log_mel = LogMel(sample_rate, bands)
    half = log_mel.window // 2
    geometry = ModuleGeometry(sample_rate, (), hop=log_mel.hop, receptive_field=2 * half + 1, offset=-half)
    return Source({LOG_MEL: geometry}, lambda waveforms: [log_mel(waveforms)])


def model_source(model: Model, prefix: str = "") -> Source:
    """The posterior means of every module and the output of the GRU, where the preset has one.

    The names are `module 1` and so on, and `GRU`, after `prefix`.
    """
    geometries: dict[str, Placed] = {
        f"{prefix}module {number}": depth for number, depth in enumerate(model.geometry, 1)
    }
    if model.encoder.context is not None:
        geometries[f"{prefix}{GRU}"] = model.geometry[-1]

    def compute(waveforms: Tensor) -> list[Tensor]:
        frames = [posterior.mean for posterior in _encode(model, waveforms)]
        if model.encoder.context is None:
            return frames
        return [*frames, model.encoder.contextualise(model.as_trained(model.modules_count, frames[-1]))]

    return Source(geometries, compute)


def _encode(model: Model, waveforms: Tensor) -> list[Posterior]:
    """As Model.encode, which takes long recordings in pieces; here equal lengths go through together."""
    if len(waveforms) > 1:
        return model.told(model.encoder(waveforms))
    return [Posterior(one.mean[None], None) for one in model.encode(waveforms[0])]


def untrained(config: Config, waveforms: Sequence[Waveform], seed: int) -> Model:
    """A model of `config` with fresh weights. Batch norm, where there is any, has seen excerpts of `waveforms`:
    without that its outputs would be on no common scale.
    """
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        model = Model(config)
    norms = [part for part in model.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    if norms:
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain average over all batches
        with torch.no_grad():
            for batch in _excerpts(config, waveforms, model.geometry[-1].minimum_samples):
                model.encoder(batch)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return model.eval().requires_grad_(False)


def _excerpts(config: Config, waveforms: Sequence[Waveform], least: int) -> Iterator[Tensor]:
    """Batches of the middles of recordings spread evenly over `waveforms`, all of one length."""
    spread = np.linspace(0, len(waveforms) - 1, _SETTLING_BATCHES * _SETTLING_CLIPS).round().astype(int)
    length = max(least, round(_SETTLING_SECONDS * config.sample_rate))
    excerpts = []
    for index in spread:
        wave = level(waveforms[index], loudness(config))
        first = max(0, (len(wave) - length) // 2)
        excerpts.append(np.pad(wave[first : first + length], (0, max(0, length - len(wave)))))
    yield from torch.split(torch.from_numpy(np.stack(excerpts)), _SETTLING_CLIPS)


@torch.inference_mode()
def pool_clips(sources: Sequence[Source], clips: Iterable[tuple[Waveform, Sequence[Span]]]) -> dict[str, Features]:
    """For each representation the mean and then the standard deviation over time [spans of all clips, 2 dims].

    `clips` are waveforms at their final loudness, each with the spans wanted of it; those of one length that follow
    one another are computed together. The frames of a span are those centred in it. Raises ValueError where there is
    none.
    """
    rows: dict[str, list[Tensor]] = {name: [] for source in sources for name in source.geometries}
    for batch in _batches(clips):
        waveforms = torch.from_numpy(np.stack([waveform for waveform, _ in batch]))
        for source in sources:
            for (name, geometry), frames in zip(source.geometries.items(), source.compute(waveforms), strict=True):
                for one, (_, spans) in zip(frames, batch, strict=True):
                    rows[name] += [_pool(one[:, geometry.frame_span(*span, one.shape[1])]) for span in spans]
    if not all(rows.values()):
        raise ValueError("there is nothing to pool: no recording has a span")
    return {name: torch.stack(pooled).numpy() for name, pooled in rows.items()}


def _pool(frames: Tensor) -> Tensor:
    """[dims, frames] -> [2 dims]"""
    return torch.cat([frames.mean(1), frames.std(1, correction=0)])


def _batches(
    clips: Iterable[tuple[Waveform, Sequence[Span]]],
) -> Iterator[list[tuple[Waveform, Sequence[Span]]]]:
    """Neighbours of one length, together no longer than a batch."""
    batch: list[tuple[Waveform, Sequence[Span]]] = []
    for clip in clips:
        length = len(clip[0])
        if batch and (len(batch[0][0]) != length or (len(batch) + 1) * length > _BATCH_SAMPLES):
            yield batch
            batch = []
        batch.append(clip)
    if batch:
        yield batch
