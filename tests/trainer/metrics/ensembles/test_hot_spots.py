"""Hot spots of planted channels."""

import numpy as np
import pytest

from tests.trainer.metrics.ensembles.gaussian_channel import N, gaussian_channel, stack_channels
from trainer.metrics.ensembles.fingerprints import GaussianFingerprints
from trainer.metrics.ensembles.hot_spots import (
    DISTANCES,
    find_hot_spots,
    max_jaccard,
    medoid,
    min_samples_for,
    select_valleys,
    stability,
)
from trainer.metrics.ensembles.shared_information import shared_information


def planted(models: int = 8, signals: int = 3, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Channels of `models` models; each has one channel per common signal and one unrelated channel."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(signals, N))
    channels = [
        gaussian_channel(rng, 2.0, 0.99 * common[k] + 0.14 * rng.normal(size=N) if k < signals else None)
        for _ in range(models)
        for k in range(signals + 1)
    ]
    return stack_channels(*channels)


@pytest.mark.parametrize("distance", ["nmi", "vi"])
def test_planted_hot_spots_are_found_and_stable(distance: str) -> None:
    mean, logvar = planted()
    fingerprints = GaussianFingerprints(mean, logvar)
    distances = DISTANCES[distance](shared_information(fingerprints))
    found = find_hot_spots(distances, min_samples_for(8), max_channels=16)
    for truth in ({4 * model + k for model in range(8)} for k in range(3)):
        # The last channel of a valley may be the first one outside
        assert any(truth <= set(spot) and len(spot) <= len(truth) + 1 for spot in found.spots)
    assert len(found.spots) == 3
    assert sorted(found.order.tolist()) == list(range(32))
    assert np.isinf(found.reachability[found.order[0]])
    rng = np.random.default_rng(8)
    resampled = [
        find_hot_spots(
            DISTANCES[distance](shared_information(fingerprints, rng.integers(N, size=N))), 3, max_channels=16
        ).spots
        for _ in range(5)
    ]
    assert all(one.mean > 0.9 for one in stability(found.spots, resampled))
    assert all(medoid(spot, distances) in spot for spot in found.spots)


def test_nested_valleys_replace_the_outer_one_only_if_deeper() -> None:
    """Two deep valleys within a shallow one, then a deep one with a ripple on its floor."""
    plot = np.array([np.inf, 5, 5, 4, 1, 1, 1, 3.9, 1, 1, 1, 4.5, 5])
    assert select_valleys(plot, [(3, 6), (7, 10), (3, 10)]) == [(3, 6), (7, 10)]
    plot = np.array([np.inf, 5, 5, 4, 1.2, 1.1, 1.2, 1.2, 1.1, 1.1, 1.2, 4.5, 5])
    assert select_valleys(plot, [(7, 9), (3, 10)]) == [(3, 10)]
    assert select_valleys(plot, []) == []


def test_jaccard_index_and_min_samples() -> None:
    assert max_jaccard((1, 2, 3), [(2, 3, 4), (9,)]) == pytest.approx(0.5)
    assert max_jaccard((1, 2), []) == 0.0
    assert max_jaccard((), [(1,)]) == 0.0
    assert min_samples_for(50) == 20
    assert min_samples_for(4) == 3
