"""How normal a model's latents are: each dimension by itself and all together, by frames and by clips, in draws
from the posteriors and in their means; and what can be certified.
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
from trainer.evaluation.intervals import measured
from trainer.evaluation.prior.certificates import certificate_rows, thinned
from trainer.evaluation.prior.normality_table import table
from trainer.evaluation.report_rows import replace_rows
from trainer.evaluation.selection import Chosen
from trainer.metrics.prior.covariance_spectrum import covariance_spectrum, gaussian_kl, noise_edges
from trainer.metrics.prior.energy_distance import energy_distance
from trainer.metrics.prior.grouped_pairs import Pairs
from trainer.metrics.prior.mean_discrepancy import mean_discrepancy
from trainer.metrics.prior.normality import CERTIFICATES_KEY, DIMENSIONS_KEY, NORMALITY_KEY, PROBABILITIES, normality
from trainer.metrics.prior.sliced_wasserstein import directions, sliced_wasserstein
from trainer.metrics.prior.two_sample import told_from_normal
from trainer.metrics.statistics.effective_size import effective_size
from trainer.model import Model

DRAWS, MEANS = "draws", "means"
FRAMES, CLIP_MEANS = "frames", "clip means"
_MOST_FRAMES, _JOINT_FRAMES = 30_000, 1_500
_RESAMPLES, _NULL_DRAWS = 100, 40
_DIGITS = 5
Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Latents:
    """Of one module: frames that follow one another [clip frames, dims], clip by clip: `draws` from the posterior, at
    the prior's scale (None where deterministic), and posterior `means`.
    """

    module: int
    draws: list[Values] | None
    means: list[Values]


def gather_latents(model: Model, chosen: Sequence[Chosen], seed: int = 0) -> list[Latents]:
    """The middle of each of `chosen`, which must be long enough, so much of it that all together are not too many."""
    rng = np.random.default_rng(seed)
    most = max(8, _MOST_FRAMES // len(chosen))
    scale = draw_scale(model)
    draws: list[list[Values]] = [[] for _ in model.geometry]
    means: list[list[Values]] = [[] for _ in model.geometry]
    for one in tqdm(chosen, desc="encode", unit="clip", leave=False):
        for index, posterior in enumerate(model.encode(read_recording(one.recording, model.config.sample_rate))):
            first = max(0, (posterior.mean.shape[1] - most) // 2)
            part = posterior.frames(first, first + most)
            mean = part.mean.T.numpy().astype(np.float64)
            means[index].append(mean)
            if part.logvar is not None:
                noise = np.exp(part.logvar.T.numpy() / 2) * rng.normal(size=mean.shape)
                draws[index].append(scale * (mean + noise))
    return [Latents(i + 1, draws[i] or None, means[i]) for i in range(model.modules_count)]


def draw_scale(model: Model) -> float:
    """What a draw is multiplied by to be held to N(0, I): with noise in place of KL, which comes on top of codes of
    variance 1, draws of a perfect model have variance 1 + s^2.
    """
    objective = model.config.objective
    if not isinstance(objective, DimNoiseConfig):
        return 1.0
    variance = objective.noise if objective.target == "gaussian" else 4 * objective.noise**2
    return 1 / math.sqrt(1 + variance)


def add_normality(report: Report, data: str, model: Model, chosen: Sequence[Chosen]) -> tuple[Report, list[str]]:
    """`report` with all of it for the recordings called `data`, and lines to read. Raises ValueError where there are
    too few recordings.
    """
    if len(chosen) < 4:
        raise ValueError("how normal latents are takes four recordings or more")
    latents = gather_latents(model, chosen)
    jobs = [(one, *kind) for one in latents for kind in _kinds(one)]
    joint = [
        {"data": data, "module": one.module, "of": of, "level": level, **joint_row(values, groups)}
        for one, of, level, values, groups in tqdm(jobs, desc="prior", unit="row", leave=False)
    ]
    each = [{"data": data, "module": one.module, **dimension_rows(one)} for one in tqdm(latents, leave=False)]
    certified = [{"data": data, "module": one.module, **row} for one in latents for row in certificate_rows(one.means)]
    report = replace_rows(report, NORMALITY_KEY, data, joint)
    report = replace_rows(report, DIMENSIONS_KEY, data, each)
    return replace_rows(report, CERTIFICATES_KEY, data, certified), table(joint, each, certified)


def _kinds(one: Latents) -> Iterator[tuple[str, str, Values, Codes]]:
    """What is measured of a module: (of, level, values [n, dims], clip of each [n])."""
    for of, clips in ((DRAWS, one.draws), (MEANS, one.means)):
        if clips is not None:
            yield (of, FRAMES, *thinned(clips, _JOINT_FRAMES))
            yield of, CLIP_MEANS, np.stack([clip.mean(0) for clip in clips]), np.arange(len(clips))


def joint_row(values: Values, groups: Codes) -> Row:
    """All dimensions together: distances with intervals over clips, each beside what draws from N(0, I) itself come to
    at most 19 times in 20; the spectrum of the covariance; and how often a network tells them from such draws.
    """
    count, dims = values.shape
    pairs = Pairs(values, groups)
    towards = directions(dims)
    members = [np.flatnonzero(groups == group) for group in range(pairs.count)]
    rng = np.random.default_rng(0)
    drawn = [rng.integers(pairs.count, size=pairs.count) for _ in range(_RESAMPLES)]
    counts = [np.ones(pairs.count), *(np.bincount(one, minlength=pairs.count) for one in drawn)]
    weights = np.stack(counts).astype(np.float64)
    again = (values[np.concatenate([members[group] for group in one])] for one in drawn)
    chance = null_levels(count, dims)
    told = told_from_normal(values, groups)
    return {
        "n": count,
        "clips": pairs.count,
        "energy": _distance(energy_distance(pairs, weights).tolist(), chance[0]),
        "mmd2": _distance(mean_discrepancy(pairs, weights).tolist(), chance[1]),
        "sliced_wasserstein": _distance([sliced_wasserstein(part, towards) for part in (values, *again)], chance[2]),
        "gaussian_kl": _finite(gaussian_kl(values)),
        "spectrum": covariance_spectrum(values).round(_DIGITS).tolist(),
        "noise_edges": [round(edge, _DIGITS) for edge in noise_edges(dims, count)],
        "classifier": [round(part, _DIGITS) for part in (told.mean, told.low, told.high)],
    }


def _distance(found: Sequence[float], chance: float) -> Row:
    """Of the sample, the first of `found`, and of its resamples."""
    named = {**measured(found[0], found[1:]).model_dump(), "chance": chance}
    return {name: round(number, _DIGITS) for name, number in named.items()}


def _finite(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


@lru_cache(maxsize=32)
def null_levels(count: int, dims: int) -> tuple[float, float, float]:
    """The 95th percentile of each distance over draws of `count` from N(0, I)."""
    rng, towards, groups = np.random.default_rng(1), directions(dims), np.arange(count)
    found = []
    for _ in range(_NULL_DRAWS):
        pairs = Pairs(rng.normal(size=(count, dims)), groups)
        energy, discrepancy = (float(one(pairs, pairs.once)[0]) for one in (energy_distance, mean_discrepancy))
        found.append([energy, discrepancy, sliced_wasserstein(pairs.values, towards)])
    energy, discrepancy, wasserstein = np.quantile(found, 0.95, axis=0).tolist()
    return energy, discrepancy, wasserstein


def dimension_rows(one: Latents) -> Row:
    """Every dimension by itself, over frames: of draws, or of means where there are none."""
    clips = one.draws if one.draws is not None else one.means
    found = []
    for dim in range(clips[0].shape[1]):
        own = [clip[:, dim] for clip in clips]
        whole = np.concatenate(own)
        result = asdict(normality(whole, effective_size(own)))
        found.append({"dim": dim, "frames": len(whole), **{name: _rounded(value) for name, value in result.items()}})
    return {"of": DRAWS if one.draws is not None else MEANS, "probabilities": PROBABILITIES, "dimensions": found}


def _rounded(value: Any) -> Any:
    return [round(part, _DIGITS) for part in value] if isinstance(value, tuple) else round(value, _DIGITS)
