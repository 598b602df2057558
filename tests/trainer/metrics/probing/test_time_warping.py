"""Dynamic time warping against a plain implementation and known paths."""

import numpy as np
import pytest

from trainer.metrics.probing.time_warping import angular_distances, unit_frames, warped_distances


def plain_distance(left: np.ndarray, right: np.ndarray) -> float:
    """Mean angular distance along the path with the smallest sum, by the recursion as written in a textbook."""
    cost = np.arccos(np.clip(left @ right.T, -1, 1)) / np.pi
    best = {(-1, -1): (0.0, 0)}
    for i in range(len(left)):
        for j in range(len(right)):
            before = [best[k] for k in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if k in best]
            total, steps = min(before, key=lambda one: one[0])
            best[i, j] = (total + cost[i, j], steps + 1)
    total, steps = best[len(left) - 1, len(right) - 1]
    return total / steps


def test_equals_a_plain_implementation() -> None:
    rng = np.random.default_rng(0)
    tokens = [unit_frames(rng.normal(size=(rng.integers(1, 9), 5)).astype("f4")) for _ in range(60)]
    left, right = tokens[:30], tokens[30:]
    expected = [plain_distance(one, other) for one, other in zip(left, right, strict=True)]
    assert warped_distances(left, right) == pytest.approx(expected, abs=1e-6)


def test_a_slower_copy_is_at_distance_zero() -> None:
    frames = unit_frames(np.random.default_rng(1).normal(size=(6, 4)).astype("f4"))
    slower = np.repeat(frames, 3, axis=0)
    reversed_frames = frames[::-1]
    same, other = warped_distances([frames, frames], [slower, reversed_frames])
    assert same == pytest.approx(0, abs=1e-3)  # arccos near 1 amplifies the rounding of float32
    assert other > 0.2


def test_angles() -> None:
    assert angular_distances(np.array([1.0, 0.0, -1.0, 1.0 + 1e-9])) == pytest.approx([0, 0.5, 1, 0])
    assert not unit_frames(np.zeros((1, 3), dtype="f4")).any()
