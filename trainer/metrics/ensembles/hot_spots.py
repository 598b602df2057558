"""Hot spots: groups of channels, of many models, that hold the same fragment of information, so that training finds it
again and again (Murphy, Dillavou and Bassett, arXiv 2405.21042).

They are the valleys of OPTICS' reachability plot (Ankerst et al. 1999) over the channels' distances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import cluster_optics_xi, compute_optics_graph

from trainer.metrics.ensembles.shared_information import Shared
from trainer.metrics.statistics.bootstrap import Estimate

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
MEMBERS_SHARE = 0.4
"""min_samples over the number of models: the paper's 20 of 50."""
LEAST_MIN_SAMPLES = 3
MOST_A_MODULE = 2
"""Channels of one module of one model that a fragment of information may be spread over."""
STEEPNESS = 0.05
_LEAST_NMI = 1e-6
_LEAST_REACHABILITY = 1e-3
DISTANCES: dict[str, Callable[[Shared], Values]] = {
    "nmi": lambda shared: -np.log(np.clip(shared.nmi(), _LEAST_NMI, 1.0)),
    "vi": lambda shared: np.maximum(shared.vi(), 0.0),
}


def min_samples_for(models: int) -> int:
    """How many channels make a neighbourhood, of so many models."""
    return max(LEAST_MIN_SAMPLES, round(MEMBERS_SHARE * models))


@dataclass(frozen=True)
class Order:
    """Channels [n] in OPTICS' order; the reachability of each channel, by its own number, inf for the first; and the
    valleys, as channel numbers, in that order.
    """

    order: Codes
    reachability: Values
    spots: tuple[tuple[int, ...], ...]


def find_hot_spots(distance: Values, min_samples: int, steepness: float = STEEPNESS, most: int | None = None) -> Order:
    """OPTICS over `distance` [n, n]. A valley begins and ends where reachability changes by the share `steepness`.
    One of more than `most` channels is a region, in which spots may lie. Raises ValueError where there are fewer than
    `min_samples` channels.
    """
    count = len(distance)
    if not 2 <= min_samples <= count:
        raise ValueError(f"min_samples is {min_samples}; it must be from 2 to the number of channels, {count}")
    # Twins have distance 0, which steepness, a ratio, cannot be told from
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
    largest = count - 1 if most is None else min(most, count - 1)
    small = [(int(begin), int(end)) for begin, end in valleys if end - begin < largest]
    chosen = chosen_valleys(reachability[order], small)
    spots = tuple(tuple(order[begin : end + 1].tolist()) for begin, end in chosen)
    return Order(order.astype(np.int64), reachability, spots)


def chosen_valleys(plot: Values, valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of `valleys`, places (first, last) in the reachability `plot` [n] that may lie in one another, those that do not:
    a valley, or those within it, whichever hold more mass, the sum over channels of 1 / reachability above that of the
    border (as in HDBSCAN, Campello et al. 2013, excess of mass).
    """
    density = 1 / np.maximum(plot, _LEAST_REACHABILITY)

    def best(one: tuple[int, int]) -> tuple[float, list[tuple[int, int]]]:
        top = density[one[0] : one[1] + 1].copy()
        top[0] = top[1:].max()  # its own is the way in
        within = [each for each in valleys if each != one and one[0] <= each[0] and each[1] <= one[1]]
        children = _outermost(within)
        for first, last in children:
            here = slice(first - one[0], last - one[0] + 1)
            top[here] = np.minimum(top[here], _border(density, first, last))
        own = float(np.maximum(top - _border(density, *one), 0).sum())
        found = [best(child) for child in children]
        total = sum(mass for mass, _ in found)
        if total > own:
            return total, [each for _, those in found for each in those]
        return own, [one]

    return [each for one in _outermost(valleys) for each in best(one)[1]]


def _outermost(valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those in no other, in order; of two that overlap the wider."""
    kept: list[tuple[int, int]] = []
    for one in sorted(valleys, key=lambda each: (each[0] - each[1], each[0])):
        if all(one[1] < first or last < one[0] for first, last in kept):
            kept.append(one)
    return sorted(kept)


def _border(density: Values, first: int, last: int) -> float:
    """The density at the lower of a valley's two sides; at its one side where nothing follows, or goes before."""
    before = density[first] if first > 0 else 0.0
    after = density[last + 1] if last + 1 < len(density) else 0.0
    return float(max(before, after))


def overlap(spot: Sequence[int], others: Sequence[Sequence[int]]) -> float:
    """The largest Jaccard index of `spot` with any of `others`: 1 where it was found again (Hennig 2007)."""
    own = set(spot)
    if not own:
        return 0.0
    return max((len(own & set(other)) / len(own | set(other)) for other in others), default=0.0)


def stability(spots: Sequence[Sequence[int]], found_again: Sequence[Sequence[Sequence[int]]]) -> list[Estimate]:
    """For each spot the mean overlap with what each resample found (Hennig 2007), with the
    2.5th and 97.5th percentile over resamples.
    """
    estimates = []
    for spot in spots:
        overlaps = np.array([overlap(spot, others) for others in found_again])
        low, high = np.quantile(overlaps, (0.025, 0.975)).tolist()
        estimates.append(Estimate(float(overlaps.mean()), low, high, len(overlaps)))
    return estimates


def centre(spot: Sequence[int], distance: Values) -> int:
    """The member of `spot` that is nearest to all others of it."""
    members = np.array(spot)
    return int(members[distance[np.ix_(members, members)].sum(1).argmin()])
