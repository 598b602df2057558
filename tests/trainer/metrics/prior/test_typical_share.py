"""Typical draws where their share is known."""

import numpy as np
import pytest

from trainer.metrics.prior.typical_share import typical_share


def clips(scale: float, dims: int = 16, count: int = 40, frames: int = 100) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [scale * rng.normal(size=(frames, dims)) for _ in range(count)]


def test_nearly_all_draws_are_typical_of_the_prior_itself() -> None:
    assert typical_share(clips(1.0)) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_no_draw_is_typical_of_another_scale(scale: float) -> None:
    assert typical_share(clips(scale)) < 0.05


def test_draws_are_not_typical_of_frames_in_a_subspace() -> None:
    """Variance 1 in every dimension, but all frames on a plane."""
    rng = np.random.default_rng(1)
    directions = np.linalg.qr(rng.normal(size=(16, 2)))[0].T
    frames = [rng.normal(size=(100, 2)) @ directions * np.sqrt(8) for _ in range(40)]
    assert typical_share(frames) < 0.05


def test_too_few_clips_have_no_share() -> None:
    assert typical_share(clips(1.0, count=1)) is None
