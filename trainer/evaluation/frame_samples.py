"""Moments of recordings: what every module makes of each, and what is known of it. The same ones for all modules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.corpus import read_recording
from trainer.evaluation.frame_labels import SPEAKER, Track, joined, tracks
from trainer.evaluation.selection import Chosen
from trainer.geometry import ModuleGeometry
from trainer.metrics.probing.pooling import Features, Waveform, level, loudness
from trainer.model import Model

MOST_MOMENTS = 30_000
_STEP = 0.010  # seconds, where recordings are not so many that fewer moments do


@dataclass(frozen=True)
class Moments:
    """`chosen`: the recordings; `recording`: which of them each moment [n] is of, in order; `seconds`: when in it [n];
    `latents`: posterior means by module [n, dims]; `tracks`: what is known, by factor [n].
    """

    chosen: tuple[Chosen, ...]
    recording: NDArray[np.int64]
    seconds: NDArray[np.float64]
    latents: dict[int, Features]
    tracks: dict[str, Track]

    def recordings(self) -> NDArray[np.str_]:
        """The name of each moment's recording [n], its corpus's before it."""
        return np.array([f"{one.corpus}/{one.name}" for one in self.chosen])[self.recording]

    def speakers(self) -> NDArray[np.str_]:
        """Each moment's speaker [n], "" where unknown."""
        return np.array([str(one.recording.labels.get(SPEAKER, "")) for one in self.chosen])[self.recording]


def gather(model: Model, chosen: Sequence[Chosen], most: int = MOST_MOMENTS) -> Moments:
    """At most about `most` moments, evenly spread over `chosen`, each of which must be long enough to be encoded."""
    step = max(_STEP, sum(one.recording.duration for one in chosen) / most)
    parts, times = [], []
    latents: dict[int, list[Features]] = {module: [] for module in range(1, model.modules_count + 1)}
    rate = model.config.sample_rate
    for one in tqdm(chosen, desc="encode", unit="clip", leave=False):
        wave = level(read_recording(one.recording, rate), loudness(model.config))
        seconds = np.arange(step / 2, len(wave) / rate, step)
        times.append(seconds)
        parts.append(tracks(wave, rate, one.recording, seconds))
        for rows, geometry, posterior in zip(latents.values(), model.geometry, model.encode(wave), strict=True):
            frames = nearest_frames(geometry, seconds, posterior.mean.shape[1])
            rows.append(posterior.mean.T[frames].numpy())
    return Moments(
        tuple(chosen),
        np.repeat(np.arange(len(chosen)), [len(part) for part in times]),
        np.concatenate(times),
        {module: np.concatenate(rows) for module, rows in latents.items()},
        joined(parts),
    )


def excerpt(model: Model, one: Chosen, seconds: float) -> Waveform:
    """The middle of a recording, `seconds` long or all of it where it is shorter, at the model's rate [samples]."""
    wave = read_recording(one.recording, model.config.sample_rate)
    length = max(round(seconds * model.config.sample_rate), model.geometry[-1].minimum_samples)
    first = max(0, (len(wave) - length) // 2)
    return wave[first : first + length]


def nearest_frames(geometry: ModuleGeometry, seconds: NDArray[np.float64], frames: int) -> NDArray[np.int64]:
    """The frame, of `frames`, whose centre lies nearest each of `seconds` [n]."""
    return np.array([geometry.frame_at(second) for second in seconds.tolist()], dtype=np.int64).clip(0, frames - 1)
