"""Description of each hot spot: similarity and stability of its channels, and the labels it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import Estimate, HotSpot, HotSpotLabel
from trainer.evaluation.ensembles.channel_comparison import ChannelComparison
from trainer.evaluation.intervals import resampled_interval
from trainer.metrics.ensembles.hot_spots import (
    DISTANCES,
    MAX_CHANNELS_PER_MODULE,
    OpticsResult,
    find_hot_spots,
    medoid,
    min_samples_for,
    stability,
)
from trainer.metrics.ensembles.shared_information import SharedInformation, shared_information

_MODELS_SHARE = 0.75
_MAX_LABELS = 4
Bits = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class HotSpotSearch:
    """Settings of the search among channels of `modules` modules of `models` models.

    `least`: OPTICS' min_samples; None scales it to the number of models. `resamples`: of recordings and of models.
    """

    models: int
    modules: int
    distance: Literal["nmi", "vi"]
    least: int | None
    steepness: float
    resamples: int
    seed: int

    @property
    def min_samples(self) -> int:
        """OPTICS' min_samples."""
        return self.least or min_samples_for(self.models)

    def distances(self, shared: SharedInformation) -> Bits:
        """Distances [C, C] between channels."""
        return DISTANCES[self.distance](shared)

    def find(self, distance: Bits, min_samples: int | None = None) -> OpticsResult:
        """Hot spots for distances [C, C]."""
        most = MAX_CHANNELS_PER_MODULE * self.models * self.modules
        return find_hot_spots(distance, min_samples or self.min_samples, self.steepness, most)


@dataclass(frozen=True)
class _Resample:
    """Results for resampled recordings: hot spots, and NMI and mutual information with labels [channels, labels]."""

    spots: tuple[tuple[int, ...], ...]
    nmi: Bits
    mutual: Bits


def describe_hot_spots(comparison: ChannelComparison, search: HotSpotSearch) -> tuple[OpticsResult, list[HotSpot]]:
    """The order of channels by OPTICS, and the hot spots in it."""
    channels = comparison.channels(comparison.shared)
    distance, nmi, vi = search.distances(channels), channels.nmi(), channels.vi()
    found = search.find(distance)
    resamples = _resample_recordings(comparison, search)
    over_recordings = stability(found.spots, [one.spots for one in resamples])
    over_models = _stability_over_models(comparison, found, distance, search)
    origin = comparison.samples.origin[comparison.kept]
    spots = []
    for spot, of_recordings, of_models in zip(found.spots, over_recordings, over_models, strict=True):
        members = np.array(spot)
        pairs = np.ix_(members, members)
        others = ~np.eye(len(members), dtype=np.bool_)
        centre = medoid(spot, distance)
        spots.append(
            HotSpot(
                channels=spot,
                centre=centre,
                models=len(set(origin[members, 0].tolist())),
                modules=tuple(sorted(set(origin[members, 1].tolist()))),
                bits=float(comparison.shared.single[members].mean()),
                mean_nmi=float(nmi[pairs][others].mean()),
                mean_vi=float(vi[pairs][others].mean()),
                stability=Estimate(value=of_recordings.mean, low=of_recordings.low, high=of_recordings.high),
                stability_of_models=of_models,
                labels=tuple(_hot_spot_labels(comparison, members, centre, resamples)),
            )
        )
    return found, spots


def _resample_recordings(comparison: ChannelComparison, search: HotSpotSearch) -> list[_Resample]:
    found = []
    resamples = comparison.samples.resampled(search.resamples, search.seed)
    for drawn in tqdm(resamples, desc="resampled recordings", leave=False):
        shared = shared_information(comparison.fingerprints, drawn)
        labels = np.s_[: comparison.count, comparison.count :]
        spots = search.find(search.distances(comparison.channels(shared))).spots
        found.append(_Resample(spots, shared.nmi()[labels], shared.mutual[labels]))
    return found


def _hot_spot_labels(
    comparison: ChannelComparison, members: Codes, centre: int, resamples: Sequence[_Resample]
) -> list[HotSpotLabel]:
    """The labels most similar to the spot's centre, with intervals from resampled recordings."""
    nmi, mutual = comparison.shared.nmi(), comparison.shared.mutual
    rows = [
        HotSpotLabel(
            label=name,
            nmi=resampled_interval(float(nmi[centre, label]), [float(one.nmi[centre, number]) for one in resamples]),
            mean_nmi=float(nmi[members, label].mean()),
            shared_bits=resampled_interval(
                float(mutual[centre, label]), [float(one.mutual[centre, number]) for one in resamples]
            ),
        )
        for number, (label, name) in enumerate(enumerate(comparison.samples.labels, comparison.count))
    ]
    return sorted(rows, key=lambda row: -row.nmi.value)[:_MAX_LABELS]


def _stability_over_models(
    comparison: ChannelComparison, found: OpticsResult, distance: Bits, search: HotSpotSearch
) -> list[Estimate]:
    """Mean overlap of each spot with the spots found among three quarters of the models."""
    rng = np.random.default_rng(search.seed)
    member = comparison.samples.origin[comparison.kept, 0]
    taken = min(search.models, max(2, round(_MODELS_SHARE * search.models)))
    least = search.least or min_samples_for(taken)
    overlaps: list[list[float]] = [[] for _ in found.spots]
    for _ in range(search.resamples):
        kept = np.flatnonzero(np.isin(member, rng.choice(search.models, size=taken, replace=False)))
        if len(kept) < least:
            continue
        again = search.find(distance[np.ix_(kept, kept)], least).spots
        renumbered = [tuple(kept[list(spot)].tolist()) for spot in again]
        remaining = [tuple(set(spot) & set(kept.tolist())) for spot in found.spots]
        for values, one in zip(overlaps, stability(remaining, [renumbered]), strict=True):
            values.append(one.mean)
    rows = []
    for values in overlaps:
        low, high = np.quantile(values or [0.0], (0.025, 0.975)).tolist()
        rows.append(Estimate(value=float(np.mean(values or [0.0])), low=low, high=high))
    return rows
