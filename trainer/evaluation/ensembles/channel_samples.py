"""The same moments of the same recordings through many models: the posteriors of every dimension, and the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer import bundle
from trainer.bundle import BundleConfig
from trainer.corpus import read_recording
from trainer.evaluation.frame_labels import FACTORS, Track, joined, known, tracks
from trainer.evaluation.frame_samples import nearest_frames
from trainer.evaluation.selection import Chosen, Side, Standing, choose, shortest_seconds
from trainer.metrics.probing.dimension_information import LEVELS, class_codes, quantile_codes
from trainer.metrics.probing.pooling import level, loudness
from trainer.model import Model

Codes = NDArray[np.int64]
SPEECH = "speech"
"""Whether a moment is speech or silence: a label beside the factors."""
_EDGE_SECONDS = 0.05


@dataclass(frozen=True)
class Source:
    """One model that channels are of."""

    name: str
    header: BundleConfig
    digest: str
    model: Model


@dataclass(frozen=True)
class Samples:
    """Posteriors `mean` and `logvar` [channels, N] of N moments, `recording` [N] being which of `chosen` each is of;
    `origin` [channels, 3]: number of the source, module and dimension; `labels`: classes [N] by name.
    """

    chosen: tuple[Chosen, ...]
    recording: Codes
    mean: NDArray[np.float32]
    logvar: NDArray[np.float32]
    origin: Codes
    labels: dict[str, Codes]

    def resampled(self, count: int, seed: int) -> list[Codes]:
        """`count` times the moments of as many recordings as there are, drawn with replacement."""
        rng = np.random.default_rng(seed)
        of = [np.flatnonzero(self.recording == number) for number in range(len(self.chosen))]
        return [np.concatenate([of[i] for i in rng.integers(len(of), size=len(of))]) for _ in range(count)]


def open_sources(paths: Sequence[Path]) -> list[Source]:
    """The models at `paths`, their latents told along their axes. Raises ValueError where one has no posteriors, or two
    the same name.
    """
    sources = []
    for path in paths:
        header = bundle.read_config(path)
        model = bundle.load(path)
        name = path.resolve().name
        if model.encode(np.zeros(model.geometry[-1].minimum_samples, dtype=np.float32))[0].logvar is None:
            raise ValueError(f"--bundle {name}: its encoder is deterministic, so that its dimensions are no channels")
        sources.append(Source(name, header, bundle.digest(path), model))
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise ValueError("--bundle: two bundles have the same folder name; rename one")
    return sources


def gather_samples(
    sources: Sequence[Source],
    folders: Sequence[Path],
    side: Side,
    clips: int,
    samples: int,
    modules: Sequence[int] | None,
    seed: int = 0,
) -> Samples:
    """About `samples` moments of at most `clips` recordings that no source has learnt from, or of another `side`.

    Raises ValueError where there is no such recording, or no such module.
    """
    chosen = _heard_by_none(sources, folders, side, clips)
    rng = np.random.default_rng(seed)
    each = max(1, round(samples / len(chosen)))
    means: list[list[NDArray[np.float32]]] = []
    logvars: list[list[NDArray[np.float32]]] = []
    parts, recording = [], []
    for number, one in enumerate(tqdm(chosen, desc="encode", unit="clip", leave=False)):
        waves = {rate: read_recording(one.recording, rate) for rate in {s.model.config.sample_rate for s in sources}}
        rate, wave = next(iter(waves.items()))
        duration = len(wave) / rate
        edge = min(_EDGE_SECONDS, duration / 4)
        seconds = np.sort(rng.uniform(edge, duration - edge, size=each))
        parts.append(tracks(level(wave, loudness(sources[0].model.config)), rate, one.recording, seconds))
        recording += [number] * each
        mean, logvar = [], []
        for source in sources:
            posteriors = source.model.encode(waves[source.model.config.sample_rate])
            for module, (geometry, posterior) in enumerate(zip(source.model.geometry, posteriors, strict=True), 1):
                if modules is None or module in modules:
                    frames = nearest_frames(geometry, seconds, posterior.mean.shape[1])
                    assert posterior.logvar is not None
                    mean.append(posterior.mean[:, frames].numpy())
                    logvar.append(posterior.logvar[:, frames].numpy())
        means.append(mean)
        logvars.append(logvar)
    origin = _origin(sources, modules)
    mean_all, logvar_all = (
        np.concatenate([np.concatenate(clip) for clip in part], axis=1) for part in (means, logvars)
    )
    return Samples(tuple(chosen), np.array(recording), mean_all, logvar_all, origin, _labels(joined(parts)))


def _origin(sources: Sequence[Source], modules: Sequence[int] | None) -> Codes:
    found = [
        (number, module, dim)
        for number, source in enumerate(sources)
        for module in range(1, source.model.modules_count + 1)
        if modules is None or module in modules
        for dim in range(source.model.dims(module))
    ]
    if not found:
        raise ValueError("--module: none of the bundles has such a module")
    return np.array(found, dtype=np.int64)


def _heard_by_none(sources: Sequence[Source], folders: Sequence[Path], side: Side, clips: int) -> list[Chosen]:
    least = max(shortest_seconds(source.header.config) for source in sources) + 2 * _EDGE_SECONDS
    every = choose(folders, sources[0].header, side, 10**9, least_seconds=least)
    if side == "validation":
        notes = [source.header.provenance.corpora for source in sources]
        every = [one for one in every if all(one.standing(each) is not Standing.HEARD for each in notes)]
        if not every:
            raise ValueError(
                "there is no recording that all bundles held out; train them with one training.split_seed, or give "
                "--side all"
            )
    picked = sorted({round(index) for index in np.linspace(0, len(every) - 1, min(clips, len(every)))})
    return [every[index] for index in picked]


def _labels(found: dict[str, Track]) -> dict[str, Codes]:
    """Every factor that varies, as classes; a quantity cut into parts of equal size. What is not known, as a vowel is
    not in a consonant, is a class by itself.
    """
    labels = {SPEECH: known(found["loudness"]).astype(np.int64)}
    for factor in FACTORS:
        track = found[factor]
        there = known(track)
        codes = np.zeros(len(track), dtype=np.int64)
        if there.any():
            values = track[there]
            codes[there] = 1 + (class_codes(values) if track.dtype.kind == "U" else _levels(values.astype(np.float64)))
        labels[factor] = codes
    return {name: codes for name, codes in labels.items() if len(np.unique(codes)) > 1}


def _levels(values: NDArray[np.float64]) -> Codes:
    return quantile_codes(values, LEVELS)
