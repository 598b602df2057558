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

from trainer.analysis.bootstrap import Estimate
from trainer.analysis.shared_information import Shared

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
MEMBERS_SHARE = 0.4
"""min_samples over the number of models: the paper's 20 of 50."""
LEAST_MIN_SAMPLES = 3
STEEPNESS = 0.05
_LEAST_NMI = 1e-6
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


def find_hot_spots(distance: Values, min_samples: int, steepness: float = STEEPNESS) -> Order:
    """OPTICS over `distance` [n, n]. A valley begins and ends where reachability changes by the share `steepness`.
    Raises ValueError where there are fewer than `min_samples` channels.
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
    chosen = chosen_valleys(reachability[order], [(int(begin), int(end)) for begin, end in valleys])
    spots = tuple(tuple(order[begin : end + 1].tolist()) for begin, end in chosen)
    return Order(order.astype(np.int64), reachability, spots)


def chosen_valleys(plot: Values, valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of `valleys`, places (first, last) in the reachability `plot` [n] that may lie in one another, those that do not:
    a valley, or those within it, whichever hold the larger area under their borders (as in HDBSCAN, Campello et al.
    2013, excess of mass). All channels together are no valley.
    """
    proper = sorted(
        {(first, last) for first, last in valleys if last - first + 1 < len(plot)}, key=lambda one: (one[0], -one[1])
    )

    def inside(one: tuple[int, int]) -> list[tuple[int, int]]:
        within = [each for each in proper if each != one and one[0] <= each[0] and each[1] <= one[1]]
        return _outermost(within)

    def best(one: tuple[int, int]) -> tuple[float, list[tuple[int, int]]]:
        border = _border(plot, *one)
        floor = plot[one[0] : one[1] + 1].copy()
        floor[0] = floor[1:].min()  # its own is the way in
        children = inside(one)
        for first, last in children:
            here = slice(first - one[0], last - one[0] + 1)
            floor[here] = np.maximum(floor[here], _border(plot, first, last))
        own = float(np.maximum(border - floor, 0).sum())
        found = [best(child) for child in children]
        total = sum(area for area, _ in found)
        if total > own:
            return total, [each for _, those in found for each in those]
        return max(own, total), [one]

    return [each for one in _outermost(proper) for each in best(one)[1]]


def _outermost(valleys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those in no other, in order; of two that overlap the wider."""
    kept: list[tuple[int, int]] = []
    for one in sorted(valleys, key=lambda each: (each[0] - each[1], each[0])):
        if all(one[1] < first or last < one[0] for first, last in kept):
            kept.append(one)
    return sorted(kept)


def _border(plot: Values, first: int, last: int) -> float:
    """How high the lower of a valley's two sides is."""
    sides = [plot[first], plot[last + 1] if last + 1 < len(plot) else np.inf]
    lower = float(min(sides))
    return lower if np.isfinite(lower) else float(plot[np.isfinite(plot)].max(initial=0.0))


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
