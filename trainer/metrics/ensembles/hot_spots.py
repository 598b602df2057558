"""Hot spots: groups of channels of many models that carry the same fragment of information (arXiv 2405.21042).

They are valleys of the OPTICS reachability plot (Ankerst et al. 1999) over the distances of channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import cluster_optics_xi, compute_optics_graph

from trainer.metrics.ensembles.shared_information import SharedInformation
from trainer.metrics.statistics.bootstrap import BootstrapEstimate

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
MIN_SAMPLES_PER_MODEL = 0.4
"""min_samples over the number of models: 20 of 50 in the paper."""
SMALLEST_MIN_SAMPLES = 3
MAX_CHANNELS_PER_MODULE = 2
"""Channels of one module of one model over which a fragment of information may be spread."""
STEEPNESS = 0.05
_MIN_NMI = 1e-6
_MIN_REACHABILITY = 1e-3
DISTANCES: dict[str, Callable[[SharedInformation], Values]] = {
    "nmi": lambda shared: -np.log(np.clip(shared.nmi(), _MIN_NMI, 1.0)),
    "vi": lambda shared: np.maximum(shared.vi(), 0.0),
}


def min_samples_for(models: int) -> int:
    """OPTICS' min_samples for an ensemble of `models` models."""
    return max(SMALLEST_MIN_SAMPLES, round(MIN_SAMPLES_PER_MODEL * models))


@dataclass(frozen=True)
class OpticsResult:
    """`order` of the channels [n]; `reachability` [n] by channel number, inf for the first; `spots`: hot spots.

    A hot spot is a tuple of channel numbers in OPTICS order.
    """

    order: Codes
    reachability: Values
    spots: tuple[tuple[int, ...], ...]


def find_hot_spots(
    distance: Values, min_samples: int, steepness: float = STEEPNESS, max_channels: int | None = None
) -> OpticsResult:
    """OPTICS and its hot spots over `distance` [n, n].

    A valley begins and ends where the reachability changes by the share `steepness` (xi). Valleys of more than
    `max_channels` channels are not hot spots, but may contain some. Raises ValueError with fewer than `min_samples`
    channels.
    """
    count = len(distance)
    if not 2 <= min_samples <= count:
        raise ValueError(f"min_samples is {min_samples}; it must be from 2 to the number of channels, {count}")
    # Steepness is a ratio, so identical channels need a positive distance
    apart = np.maximum((distance + distance.T) / 2, 1e-9)
    np.fill_diagonal(apart, 0.0)
    order, _, reachability, predecessor = compute_optics_graph(
        X=apart,
        min_samples=min_samples,
        max_eps=np.inf,
        metric="precomputed",
        p=2,
        metric_params=None,
        algorithm="brute",
        leaf_size=30,
        n_jobs=None,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        _, valleys = cluster_optics_xi(
            reachability=reachability,
            predecessor=predecessor,
            ordering=order,
            min_samples=min_samples,
            min_cluster_size=min_samples,
            xi=steepness,
        )
    largest = count - 1 if max_channels is None else min(max_channels, count - 1)
    small = [(int(begin), int(end)) for begin, end in valleys if end - begin < largest]
    chosen = select_valleys(reachability[order], small)
    spots = tuple(tuple(order[begin : end + 1].tolist()) for begin, end in chosen)
    return OpticsResult(order.astype(np.int64), reachability, spots)


def select_valleys(plot: Values, valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Disjoint valleys of the reachability `plot` [n], from nested `valleys` (first, last).

    A valley or those within it, whichever has the larger excess of mass (HDBSCAN, Campello et al. 2013): the sum over
    its channels of 1 / reachability above that of its border.
    """
    density = 1 / np.maximum(plot, _MIN_REACHABILITY)

    def best(one: tuple[int, int]) -> tuple[float, list[tuple[int, int]]]:
        top = density[one[0] : one[1] + 1].copy()
        top[0] = top[1:].max()  # its own reachability is that from outside
        within = [other for other in valleys if other != one and one[0] <= other[0] and other[1] <= one[1]]
        children = _outermost(within)
        for first, last in children:
            here = slice(first - one[0], last - one[0] + 1)
            top[here] = np.minimum(top[here], _border(density, first, last))
        own = float(np.maximum(top - _border(density, *one), 0).sum())
        found = [best(child) for child in children]
        total = sum(mass for mass, _ in found)
        if total > own:
            return total, [valley for _, selected in found for valley in selected]
        return own, [one]

    return [selected for valley in _outermost(valleys) for selected in best(valley)[1]]


def _outermost(valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Valleys contained in no other, in order; of two that overlap, the wider."""
    kept: list[tuple[int, int]] = []
    for one in sorted(valleys, key=lambda each: (each[0] - each[1], each[0])):
        if all(one[1] < first or last < one[0] for first, last in kept):
            kept.append(one)
    return sorted(kept)


def _border(density: Values, first: int, last: int) -> float:
    """Density at the lower of a valley's two borders, or at its only border at an end of the plot."""
    before = density[first] if first > 0 else 0.0
    after = density[last + 1] if last + 1 < len(density) else 0.0
    return float(max(before, after))


def max_jaccard(spot: Sequence[int], others: Sequence[Sequence[int]]) -> float:
    """Largest Jaccard index of `spot` with any of `others`: 1 if it is among them (Hennig 2007)."""
    own = set(spot)
    if not own:
        return 0.0
    return max((len(own & set(other)) / len(own | set(other)) for other in others), default=0.0)


def stability(spots: Sequence[Sequence[int]], resampled: Sequence[Sequence[Sequence[int]]]) -> list[BootstrapEstimate]:
    """Stability of each spot: mean of its largest Jaccard index with the spots of each resample (Hennig 2007).

    The interval is the 2.5th to 97.5th percentile over resamples.
    """
    estimates = []
    for spot in spots:
        overlaps = np.array([max_jaccard(spot, others) for others in resampled])
        low, high = np.quantile(overlaps, (0.025, 0.975)).tolist()
        estimates.append(BootstrapEstimate(float(overlaps.mean()), low, high, len(overlaps)))
    return estimates


def medoid(spot: Sequence[int], distance: Values) -> int:
    """Member of `spot` with the smallest summed distance to the others."""
    members = np.array(spot)
    return int(members[distance[np.ix_(members, members)].sum(1).argmin()])
