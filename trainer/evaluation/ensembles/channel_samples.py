"""Posteriors of the dimensions of several models at the same time points of the same recordings, with labels."""

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
from trainer.evaluation.frame_labels import FACTORS, Labels, concatenate, frame_labels, is_known
from trainer.evaluation.frame_samples import nearest_frames
from trainer.evaluation.representations import target_loudness
from trainer.evaluation.selection import Clip, Split, SplitMembership, evenly_spaced, min_clip_seconds, select_clips
from trainer.metrics.probing.dimension_information import LEVELS, class_codes, quantile_codes
from trainer.metrics.probing.pooling import normalise_loudness
from trainer.model import Model

Codes = NDArray[np.int64]
SPEECH = "speech"
"""A label next to the factors: whether a time point is speech or silence."""
_EDGE_SECONDS = 0.05


@dataclass(frozen=True)
class MemberModel:
    """A model of an ensemble."""

    name: str
    header: BundleConfig
    digest: str
    model: Model


@dataclass(frozen=True)
class ChannelSamples:
    """Posteriors `mean` and `logvar` [C, N] of C channels at N time points.

    `recording` [N]: index in `clips`; `origin` [C, 3]: index of the model, module, dimension; `labels`: class codes
    [N] by name.
    """

    clips: tuple[Clip, ...]
    recording: Codes
    mean: NDArray[np.float32]
    logvar: NDArray[np.float32]
    origin: Codes
    labels: dict[str, Codes]

    def resampled(self, count: int, seed: int) -> list[Codes]:
        """`count` bootstrap resamples of the recordings, each as indices of time points."""
        rng = np.random.default_rng(seed)
        of = [np.flatnonzero(self.recording == number) for number in range(len(self.clips))]
        return [np.concatenate([of[i] for i in rng.integers(len(of), size=len(of))]) for _ in range(count)]


def load_members(paths: Sequence[Path]) -> list[MemberModel]:
    """The models at `paths`. Raises ValueError if one is deterministic or two have the same name."""
    members = []
    for path in paths:
        header = bundle.read_config(path)
        model = bundle.load(path)
        name = path.resolve().name
        if model.encode(np.zeros(model.geometry[-1].minimum_samples, dtype=np.float32))[0].logvar is None:
            raise ValueError(f"--bundle {name}: its encoder is deterministic; channels need posteriors")
        members.append(MemberModel(name, header, bundle.digest(path), model))
    names = [member.name for member in members]
    if len(set(names)) < len(names):
        raise ValueError("--bundle: two bundles have the same folder name; rename one")
    return members


def sample_channels(
    members: Sequence[MemberModel],
    folders: Sequence[Path],
    split: Split,
    max_clips: int,
    samples: int,
    modules: Sequence[int] | None,
    seed: int = 0,
) -> ChannelSamples:
    """About `samples` random time points of at most `max_clips` recordings of a split.

    From the validation split, only recordings that no model was trained on. Raises ValueError if there is none, or no
    such module.
    """
    clips = _select_clips(members, folders, split, max_clips)
    rng = np.random.default_rng(seed)
    per_clip = max(1, round(samples / len(clips)))
    means: list[list[NDArray[np.float32]]] = []
    logvars: list[list[NDArray[np.float32]]] = []
    labels, recording = [], []
    rates = {member.model.config.sample_rate for member in members}
    for number, clip in enumerate(tqdm(clips, desc="encode", unit="clip", leave=False)):
        waves = {rate: read_recording(clip.recording, rate) for rate in rates}
        rate, wave = next(iter(waves.items()))
        duration = len(wave) / rate
        edge = min(_EDGE_SECONDS, duration / 4)
        seconds = np.sort(rng.uniform(edge, duration - edge, size=per_clip))
        normalised = normalise_loudness(wave, target_loudness(members[0].model.config))
        labels.append(frame_labels(normalised, rate, clip.recording, seconds))
        recording += [number] * per_clip
        mean, logvar = [], []
        for member in members:
            posteriors = member.model.encode(waves[member.model.config.sample_rate])
            for module, (geometry, posterior) in enumerate(zip(member.model.geometry, posteriors, strict=True), 1):
                if modules is None or module in modules:
                    frames = nearest_frames(geometry, seconds, posterior.mean.shape[1])
                    assert posterior.logvar is not None
                    mean.append(posterior.mean[:, frames].numpy())
                    logvar.append(posterior.logvar[:, frames].numpy())
        means.append(mean)
        logvars.append(logvar)
    origin = _origin(members, modules)
    mean_all, logvar_all = (
        np.concatenate([np.concatenate(clip) for clip in part], axis=1) for part in (means, logvars)
    )
    codes = _label_codes(concatenate(labels))
    return ChannelSamples(tuple(clips), np.array(recording), mean_all, logvar_all, origin, codes)


def _origin(members: Sequence[MemberModel], modules: Sequence[int] | None) -> Codes:
    found = [
        (number, module, dim)
        for number, member in enumerate(members)
        for module in range(1, member.model.modules_count + 1)
        if modules is None or module in modules
        for dim in range(member.model.dims(module))
    ]
    if not found:
        raise ValueError("--module: none of the bundles has such a layer")
    return np.array(found, dtype=np.int64)


def _select_clips(members: Sequence[MemberModel], folders: Sequence[Path], split: Split, limit: int) -> list[Clip]:
    least = max(min_clip_seconds(member.header.config) for member in members) + 2 * _EDGE_SECONDS
    found = select_clips(folders, members[0].header, split, 10**9, min_seconds=least)
    if split == "validation":
        notes = [member.header.provenance.corpora for member in members]
        in_training = SplitMembership.IN_TRAINING
        found = [clip for clip in found if all(clip.split_membership(each) is not in_training for each in notes)]
        if not found:
            raise ValueError(
                "no recording was held out by all bundles; train them with the same training.split_seed, or use "
                "--split all"
            )
    return [found[index] for index in evenly_spaced(len(found), limit)]


def _label_codes(labels: dict[str, Labels]) -> dict[str, Codes]:
    """Class codes of every factor that varies; quantities are cut into equally frequent levels.

    Unknown values, such as the vowel of a consonant, are a class.
    """
    codes = {SPEECH: is_known(labels["loudness"]).astype(np.int64)}
    for factor in FACTORS:
        values = labels[factor]
        known = is_known(values)
        of_factor = np.zeros(len(values), dtype=np.int64)
        if known.any():
            is_class = values.dtype.kind == "U"
            of_factor[known] = 1 + (
                class_codes(values[known]) if is_class else quantile_codes(values[known].astype(np.float64), LEVELS)
            )
        codes[factor] = of_factor
    return {name: each for name, each in codes.items() if len(np.unique(each)) > 1}
