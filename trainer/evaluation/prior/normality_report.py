"""Distance of a model's latents from N(0, I): per dimension and jointly, for frames and clip means.

Measured on draws from the posteriors and on posterior means, with certified upper bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import Report
from trainer.config import DimNoiseConfig
from trainer.corpus import read_recording
from trainer.evaluation.intervals import resampled_interval
from trainer.evaluation.prior.certificates import certificate_rows, thin_frames
from trainer.evaluation.prior.normality_table import table
from trainer.evaluation.report_rows import Row, replace_rows
from trainer.evaluation.selection import Clip
from trainer.metrics.prior.covariance_spectrum import covariance_spectrum, gaussian_kl, marchenko_pastur_edges
from trainer.metrics.prior.energy_distance import energy_distance
from trainer.metrics.prior.grouped_sample import GroupedSample
from trainer.metrics.prior.mmd import squared_mmd
from trainer.metrics.prior.normality import CERTIFICATES_KEY, DIMENSIONS_KEY, NORMALITY_KEY, PROBABILITIES, normality
from trainer.metrics.prior.sliced_wasserstein import random_directions, sliced_wasserstein
from trainer.metrics.prior.two_sample import two_sample_accuracy
from trainer.metrics.prior.typical_share import DRAWS as DRAWN
from trainer.metrics.prior.typical_share import typical_share
from trainer.metrics.statistics.effective_size import effective_size
from trainer.model import Model

DRAWS, MEANS = "draws", "means"
FRAMES, CLIP_MEANS = "frames", "clip means"
_MAX_FRAMES, _JOINT_FRAMES = 30_000, 1_500
_RESAMPLES, _NULL_DRAWS = 100, 40
_MIN_CLIPS = 4
_DIGITS = 5
Values = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Latents:
    """Consecutive frames (L, D) of each clip at one module.

    `draws`: from the posterior, at the scale of the prior (None if deterministic); `means`: posterior means.
    """

    module: int
    draws: list[Values] | None
    means: list[Values]


def encode_latents(model: Model, clips: Sequence[Clip], seed: int = 0) -> list[Latents]:
    """The latents of the middle of each clip, at most about 30,000 frames in total."""
    rng = np.random.default_rng(seed)
    limit = max(8, _MAX_FRAMES // len(clips))
    scale = draw_scale(model)
    draws: list[list[Values]] = [[] for _ in model.geometry]
    means: list[list[Values]] = [[] for _ in model.geometry]
    for clip in tqdm(clips, desc="encode", unit="clip", leave=False):
        for index, posterior in enumerate(model.encode(read_recording(clip.recording, model.config.sample_rate))):
            first = max(0, (posterior.mean.shape[1] - limit) // 2)
            part = posterior.frames(first, first + limit)
            mean = part.mean.T.numpy().astype(np.float64)
            means[index].append(mean)
            if part.logvar is not None:
                noise = np.exp(part.logvar.T.numpy() / 2) * rng.normal(size=mean.shape)
                draws[index].append(scale * (mean + noise))
    return [Latents(i + 1, draws[i] or None, means[i]) for i in range(model.modules_count)]


def draw_scale(model: Model) -> float:
    """The factor that brings draws to the variance of N(0, I).

    With noise of variance s^2 in place of the KL, codes of variance 1 have noisy draws of variance 1 + s^2.
    """
    objective = model.config.objective
    if not isinstance(objective, DimNoiseConfig):
        return 1.0
    variance = objective.noise if objective.target == "gaussian" else 4 * objective.noise**2
    return 1 / math.sqrt(1 + variance)


def add_normality(report: Report, data: str, model: Model, clips: Sequence[Clip]) -> tuple[Report, list[str]]:
    """`report` with the joint, per-dimension and certificate rows of `clips`, and lines to print.

    `data` is the name of the recordings. Raises ValueError for fewer than four recordings.
    """
    if len(clips) < _MIN_CLIPS:
        raise ValueError(f"the distance from the prior needs at least {_MIN_CLIPS} recordings")
    latents = encode_latents(model, clips)
    samples = [(one, *sample) for one in latents for sample in _samples(one)]
    joint = [
        {"data": data, "module": one.module, "of": of, "level": level, **joint_row(values, groups)}
        for one, of, level, values, groups in tqdm(samples, desc="prior", unit="row", leave=False)
    ]
    dimensions = [
        {"data": data, "module": one.module, **dimension_rows(one), **_spread(one)}
        for one in tqdm(latents, leave=False)
    ]
    certified = [{"data": data, "module": one.module, **row} for one in latents for row in certificate_rows(one.means)]
    report = replace_rows(report, NORMALITY_KEY, data, joint)
    report = replace_rows(report, DIMENSIONS_KEY, data, dimensions)
    return replace_rows(report, CERTIFICATES_KEY, data, certified), table(joint, dimensions, certified)


def _spread(latents: Latents) -> Row:
    """Standard deviation over frames of each dimension, and the share of draws from the prior that are typical frames.

    Both are of draws from the posteriors, or of means if the encoder is deterministic.
    """
    clips = latents.draws if latents.draws is not None else latents.means
    deviations = np.concatenate(clips).std(0)
    share = typical_share(clips)
    return {
        "sd": deviations.round(_DIGITS).tolist(),
        "typical_prior_draws": None if share is None else round(share, _DIGITS),
        "prior_draws": DRAWN,
    }


def _samples(latents: Latents) -> Iterator[tuple[str, str, Values, Codes]]:
    """The samples of a module: (draws or means, frames or clip means, values [N, D], clip index of each [N])."""
    for of, clips in ((DRAWS, latents.draws), (MEANS, latents.means)):
        if clips is not None:
            yield (of, FRAMES, *thin_frames(clips, _JOINT_FRAMES))
            yield of, CLIP_MEANS, np.stack([clip.mean(0) for clip in clips]), np.arange(len(clips))


def joint_row(values: Values, groups: Codes) -> Row:
    """Distances of all dimensions jointly, of values [N, D] in `groups` [N], with intervals from resampled groups.

    Each distance comes with its 95th percentile for samples of N(0, I). Further: the spectrum of the covariance, and
    the accuracy of a classifier between the values and N(0, I).
    """
    count, dims = values.shape
    sample = GroupedSample(values, groups)
    directions = random_directions(dims)
    members = [np.flatnonzero(groups == group) for group in range(sample.count)]
    rng = np.random.default_rng(0)
    drawn = [rng.integers(sample.count, size=sample.count) for _ in range(_RESAMPLES)]
    counts = [np.ones(sample.count), *(np.bincount(one, minlength=sample.count) for one in drawn)]
    weights = np.stack(counts).astype(np.float64)
    resampled = (values[np.concatenate([members[group] for group in one])] for one in drawn)
    chance = null_levels(count, dims)
    wasserstein = [sliced_wasserstein(part, directions) for part in (values, *resampled)]
    accuracy = two_sample_accuracy(values, groups)
    return {
        "n": count,
        "clips": sample.count,
        "energy": _distance(energy_distance(sample, weights).tolist(), chance[0]),
        "mmd2": _distance(squared_mmd(sample, weights).tolist(), chance[1]),
        "sliced_wasserstein": _distance(wasserstein, chance[2]),
        "gaussian_kl": _round_finite(gaussian_kl(values)),
        "spectrum": covariance_spectrum(values).round(_DIGITS).tolist(),
        "noise_edges": [round(edge, _DIGITS) for edge in marchenko_pastur_edges(dims, count)],
        "classifier": [round(part, _DIGITS) for part in (accuracy.mean, accuracy.low, accuracy.high)],
    }


def _distance(values: Sequence[float], chance: float) -> Row:
    """A distance with its interval, from the value of the sample, first, and those of its resamples."""
    fields = {**resampled_interval(values[0], values[1:]).model_dump(), "chance": chance}
    return {name: round(number, _DIGITS) for name, number in fields.items()}


def _round_finite(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


@lru_cache(maxsize=32)
def null_levels(count: int, dims: int) -> tuple[float, float, float]:
    """The 95th percentiles of energy distance, MMD^2 and sliced Wasserstein for samples of N(0, I) [count, dims]."""
    rng, directions, groups = np.random.default_rng(1), random_directions(dims), np.arange(count)
    found = []
    for _ in range(_NULL_DRAWS):
        sample = GroupedSample(rng.normal(size=(count, dims)), groups)
        energy, mmd = (float(one(sample, sample.unit_weights)[0]) for one in (energy_distance, squared_mmd))
        found.append([energy, mmd, sliced_wasserstein(sample.values, directions)])
    energy, mmd, wasserstein = np.quantile(found, 0.95, axis=0).tolist()
    return energy, mmd, wasserstein


def dimension_rows(latents: Latents) -> Row:
    """Normality of every single dimension over frames, of draws, or of means if the encoder is deterministic."""
    clips = latents.draws if latents.draws is not None else latents.means
    found = []
    for dim in range(clips[0].shape[1]):
        per_clip = [clip[:, dim] for clip in clips]
        whole = np.concatenate(per_clip)
        result = asdict(normality(whole, effective_size(per_clip)))
        found.append({"dim": dim, "frames": len(whole), **{name: _rounded(value) for name, value in result.items()}})
    return {
        "of": DRAWS if latents.draws is not None else MEANS,
        "probabilities": PROBABILITIES,
        "dimensions": found,
    }


def _rounded(value: Any) -> Any:
    return [round(part, _DIGITS) for part in value] if isinstance(value, tuple) else round(value, _DIGITS)
