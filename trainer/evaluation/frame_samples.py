"""Time points sampled from recordings, with the latents of every layer and the labels of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus import read_recording
from trainer.evaluation.frame_labels import SPEAKER, Labels, concatenate, frame_labels
from trainer.evaluation.representations import target_loudness
from trainer.evaluation.selection import Clip
from trainer.geometry import ModuleGeometry
from trainer.metrics.probing.pooling import Features, Waveform, normalise_loudness
from trainer.model import Model

MAX_SAMPLES = 30_000
_STEP_SECONDS = 0.010  # larger if that would give more than the maximum number of samples


@dataclass(frozen=True)
class FrameSamples:
    """N time points of `clips`.

    `clip_index` [N]: the clip of each, in order; `seconds` [N]: its time in the clip; `latents`: posterior means
    [N, D] by module; `labels`: label values [N] by factor.
    """

    clips: tuple[Clip, ...]
    clip_index: NDArray[np.int64]
    seconds: NDArray[np.float64]
    latents: dict[int, Features]
    labels: dict[str, Labels]

    def clip_names(self) -> NDArray[np.str_]:
        """CORPUS/NAME of the clip of each time point [N]."""
        return np.array([f"{clip.corpus}/{clip.name}" for clip in self.clips])[self.clip_index]

    def speakers(self) -> NDArray[np.str_]:
        """The speaker of each time point [N], "" if unknown."""
        return np.array([str(clip.recording.labels.get(SPEAKER, "")) for clip in self.clips])[self.clip_index]


def sample_frames(model: Model, clips: Sequence[Clip], limit: int = MAX_SAMPLES) -> FrameSamples:
    """About `limit` evenly spaced time points of `clips`, at most one per 10 ms.

    Each clip must be long enough to be encoded (`selection.min_clip_seconds`).
    """
    step = max(_STEP_SECONDS, sum(clip.recording.duration for clip in clips) / limit)
    labels, times = [], []
    latents: dict[int, list[Features]] = {module: [] for module in range(1, model.modules_count + 1)}
    rate = model.config.sample_rate
    for clip in tqdm(clips, desc="encode", unit="clip", leave=False):
        wave = normalise_loudness(read_recording(clip.recording, rate), target_loudness(model.config))
        seconds = np.arange(step / 2, len(wave) / rate, step)
        times.append(seconds)
        labels.append(frame_labels(wave, rate, clip.recording, seconds))
        for rows, geometry, posterior in zip(latents.values(), model.geometry, model.encode(wave), strict=True):
            frames = nearest_frames(geometry, seconds, posterior.mean.shape[1])
            rows.append(posterior.mean.T[frames].numpy())
    return FrameSamples(
        tuple(clips),
        np.repeat(np.arange(len(clips)), [len(part) for part in times]),
        np.concatenate(times),
        {module: np.concatenate(rows) for module, rows in latents.items()},
        concatenate(labels),
    )


def middle_segment(model: Model, clip: Clip, seconds: float) -> Waveform:
    """The middle `seconds` of a clip, or all of it if it is shorter, at the model's sample rate [samples]."""
    wave = read_recording(clip.recording, model.config.sample_rate)
    length = max(round(seconds * model.config.sample_rate), model.geometry[-1].minimum_samples)
    first = max(0, (len(wave) - length) // 2)
    return wave[first : first + length]


def nearest_frames(geometry: ModuleGeometry, seconds: NDArray[np.float64], frames: int) -> NDArray[np.int64]:
    """The index, below `frames`, of the frame whose centre is closest to each time in `seconds` [n]."""
    return np.array([geometry.frame_at(second) for second in seconds.tolist()], dtype=np.int64).clip(0, frames - 1)
