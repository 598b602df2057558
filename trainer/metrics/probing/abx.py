"""ABX discriminability of phones: a measure without a probe (Schatz et al. 2013; Schatz 2016, chapter 2).

A, B and X are tokens of phones: A and X of one phone, B of another. The error is the share of triples in which X is
closer to B than to A, ties counting half; 0.5 is chance. *Within*: one speaker says all three. *Across*: one speaker
says A and B, another says X. Contexts are free (any neighbouring phones). The error is the mean over ordered pairs of
phones, so that frequent phones count no more than rare ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.metrics.probing.time_warping import Distances
from trainer.metrics.statistics.bootstrap import INTERVAL_QUANTILES, BootstrapEstimate

Names = NDArray[np.str_]
Indices = NDArray[np.int64]
ACROSS, WITHIN = "across speakers", "within speakers"
_RESAMPLES = 1000


@dataclass(frozen=True)
class Triples:
    """Indices of the tokens A, B and X of each triple [n]; the pair of phones (0, 1, ...) and the speakers of each.

    `speaker`: who says A and B; `speaker_of_x`: who says X. Both are numbers from 0.
    """

    a: Indices
    b: Indices
    x: Indices
    pair: Indices
    speaker: Indices
    speaker_of_x: Indices


def draw_triples(phones: Names, speakers: Names, per_pair: int, *, across: bool, seed: int = 0) -> Triples:
    """About `per_pair` triples for every ordered pair of phones, from tokens with `phones` [n] and `speakers` [n].

    Speakers are drawn first, each with the same probability, then tokens. A pair that no speaker says, or (across) only
    one, has none. Raises ValueError if there is no triple at all.
    """
    rng = np.random.default_rng(seed)
    names, speaker_of = np.unique(speakers, return_inverse=True)
    kinds, phone_of = np.unique(phones, return_inverse=True)
    tokens = {
        (phone, speaker): np.flatnonzero((phone_of == phone) & (speaker_of == speaker))
        for phone in range(len(kinds))
        for speaker in range(len(names))
    }
    rows = []
    pairs = [(a, b) for a in range(len(kinds)) for b in range(len(kinds)) if a != b]
    for number, (a, b) in enumerate(pairs):
        both = [s for s in range(len(names)) if len(tokens[a, s]) and len(tokens[b, s])]
        of_x = {s: _speakers_of_x(tokens, a, s, len(names), across) for s in both}
        usable = [s for s in both if of_x[s]]
        for _ in range(per_pair if usable else 0):
            speaker = usable[rng.integers(len(usable))]
            other = of_x[speaker][rng.integers(len(of_x[speaker]))]
            first, x = _two_tokens(tokens[a, speaker], tokens[a, other], rng)
            rows.append((first, rng.choice(tokens[b, speaker]), x, number, speaker, other))
    if not rows:
        raise ValueError(
            "ABX needs at least two phones, each said "
            + ("by two speakers, one of whom says both" if across else "twice by a speaker who says both")
        )
    return Triples(*np.array(rows, dtype=np.int64).T)


def _speakers_of_x(
    tokens: dict[tuple[int, int], Indices], phone: int, speaker: int, count: int, across: bool
) -> list[int]:
    if not across:
        return [speaker] if len(tokens[phone, speaker]) > 1 else []
    return [other for other in range(count) if other != speaker and len(tokens[phone, other])]


def _two_tokens(of_a: Indices, of_x: Indices, rng: np.random.Generator) -> tuple[int, int]:
    """Two different tokens."""
    a = int(rng.choice(of_a))
    others = of_x[of_x != a]
    return a, int(rng.choice(others))


def triple_errors(to_a: Distances, to_b: Distances) -> Distances:
    """1 where X is closer to B than to A, 0.5 where it is as close, else 0 [n], from distances to A and B [n]."""
    errors: Distances = (to_a > to_b) + 0.5 * (to_a == to_b)
    return errors


def abx_estimate(triples: Triples, values: Distances, seed: int = 0) -> BootstrapEstimate:
    """Mean of `values` [n], the errors of the triples or their differences, with a 95 % interval from resampled
    speakers.

    A triple with two speakers counts as often as both are drawn, since triples that share a speaker are not
    independent. With one speaker the interval is from resampled triples, and says nothing about other speakers.
    """
    rng = np.random.default_rng(seed)
    speakers = int(max(triples.speaker.max(), triples.speaker_of_x.max())) + 1
    across = bool((triples.speaker != triples.speaker_of_x).any())
    resampled = []
    for _ in range(_RESAMPLES):
        if speakers == 1:
            weights = _times_drawn(len(values), rng)
        else:
            times = _times_drawn(speakers, rng)
            weights = times[triples.speaker] * (times[triples.speaker_of_x] if across else 1.0)
        if weights.any():
            resampled.append(_mean_over_pairs(values, triples.pair, weights))
    low, high = np.quantile(resampled, INTERVAL_QUANTILES).tolist()
    return BootstrapEstimate(
        _mean_over_pairs(values, triples.pair, np.ones(len(values))), float(low), float(high), len(values)
    )


def _times_drawn(count: int, rng: np.random.Generator) -> Distances:
    """How often each of `count` items is in a resample of `count` items [count]."""
    return np.bincount(rng.integers(count, size=count), minlength=count).astype(np.float64)


def _mean_over_pairs(values: Distances, pair: Indices, weights: Distances) -> float:
    sums, counts = np.bincount(pair, weights * values), np.bincount(pair, weights)
    present = counts > 0
    return float((sums[present] / counts[present]).mean())
