"""What is known of each hot spot: how alike its channels are, how stable it is, and which labels it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.bundle import HotSpot, Measured, SpotLabel
from trainer.evaluation.ensembles.channel_comparison import Compared
from trainer.evaluation.intervals import measured
from trainer.metrics.ensembles.hot_spots import (
    DISTANCES,
    MOST_A_MODULE,
    Order,
    centre,
    find_hot_spots,
    min_samples_for,
    stability,
)
from trainer.metrics.ensembles.shared_information import Shared, shared_information

_MODELS_SHARE = 0.75
_MOST_LABELS = 4
Bits = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Search:
    """How hot spots are looked for, among channels of `modules` modules of `models` models. `least` None: min_samples
    is scaled to the models.
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
        return self.least or min_samples_for(self.models)

    def apart(self, shared: Shared) -> Bits:
        return DISTANCES[self.distance](shared)

    def find(self, distance: Bits, min_samples: int | None = None) -> Order:
        most = MOST_A_MODULE * self.models * self.modules
        return find_hot_spots(distance, min_samples or self.min_samples, self.steepness, most)


@dataclass(frozen=True)
class _Resample:
    """What recordings drawn anew give: the spots, and NMI and mutual information with labels [channels, labels]."""

    spots: tuple[tuple[int, ...], ...]
    nmi: Bits
    mutual: Bits


def describe_spots(compared: Compared, search: Search) -> tuple[Order, list[HotSpot]]:
    """The order of channels and the hot spots in it."""
    channels = compared.channels(compared.shared)
    distance, nmi, vi = search.apart(channels), channels.nmi(), channels.vi()
    found = search.find(distance)
    resampled = _resampled(compared, search)
    of_recordings = stability(found.spots, [one.spots for one in resampled])
    of_models = _stability_of_models(compared, found, distance, search)
    origin = compared.samples.origin[compared.kept]
    spots = []
    for spot, stable, over_models in zip(found.spots, of_recordings, of_models, strict=True):
        members = np.array(spot)
        pairs = np.ix_(members, members)
        others = ~np.eye(len(members), dtype=np.bool_)
        middle = centre(spot, distance)
        spots.append(
            HotSpot(
                channels=spot,
                centre=middle,
                models=len(set(origin[members, 0].tolist())),
                modules=tuple(sorted(set(origin[members, 1].tolist()))),
                bits=float(compared.shared.single[members].mean()),
                mean_nmi=float(nmi[pairs][others].mean()),
                mean_vi=float(vi[pairs][others].mean()),
                stability=Measured(value=stable.mean, low=stable.low, high=stable.high),
                stability_of_models=over_models,
                labels=tuple(_spot_labels(compared, members, middle, resampled)),
            )
        )
    return found, spots


def _resampled(compared: Compared, search: Search) -> list[_Resample]:
    found = []
    drawn = compared.samples.resampled(search.resamples, search.seed)
    for one in tqdm(drawn, desc="resampled recordings", leave=False):
        shared = shared_information(compared.fingerprints, one)
        labels = np.s_[: compared.count, compared.count :]
        spots = search.find(search.apart(compared.channels(shared))).spots
        found.append(_Resample(spots, shared.nmi()[labels], shared.mutual[labels]))
    return found


def _spot_labels(compared: Compared, members: Codes, middle: int, resampled: Sequence[_Resample]) -> list[SpotLabel]:
    """The labels that the spot's centre is nearest to, with intervals over resampled recordings."""
    nmi, mutual = compared.shared.nmi(), compared.shared.mutual
    rows = [
        SpotLabel(
            label=name,
            nmi=measured(float(nmi[middle, label]), [float(one.nmi[middle, number]) for one in resampled]),
            mean_nmi=float(nmi[members, label].mean()),
            shared_bits=measured(
                float(mutual[middle, label]), [float(one.mutual[middle, number]) for one in resampled]
            ),
        )
        for number, (label, name) in enumerate(enumerate(compared.samples.labels, compared.count))
    ]
    return sorted(rows, key=lambda row: -row.nmi.value)[:_MOST_LABELS]


def _stability_of_models(compared: Compared, found: Order, distance: Bits, search: Search) -> list[Measured]:
    """How well each spot's channels are found together again among three quarters of the models."""
    rng = np.random.default_rng(search.seed)
    member = compared.samples.origin[compared.kept, 0]
    taken = min(search.models, max(2, round(_MODELS_SHARE * search.models)))
    least = search.least or min_samples_for(taken)
    overlaps: list[list[float]] = [[] for _ in found.spots]
    for _ in range(search.resamples):
        kept = np.flatnonzero(np.isin(member, rng.choice(search.models, size=taken, replace=False)))
        if len(kept) < least:
            continue
        again = search.find(distance[np.ix_(kept, kept)], least).spots
        named = [tuple(kept[list(spot)].tolist()) for spot in again]
        there = [tuple(set(spot) & set(kept.tolist())) for spot in found.spots]
        for values, one in zip(overlaps, stability(there, [named]), strict=True):
            values.append(one.mean)
    rows = []
    for values in overlaps:
        low, high = np.quantile(values or [0.0], (0.025, 0.975)).tolist()
        rows.append(Measured(value=float(np.mean(values or [0.0])), low=low, high=high))
    return rows
