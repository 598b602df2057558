"""Effective sample size of autoregressive processes."""

import numpy as np
import pytest

from tests.trainer.metrics.autoregressive import autoregressive
from trainer.metrics.statistics.effective_size import autocorrelation, effective_size


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_autoregressive_frames_have_the_closed_form_size(phi: float) -> None:
    """The closed form is n (1 - phi) / (1 + phi)."""
    rng = np.random.default_rng(1)
    clips = [autoregressive(rng, phi, 400) for _ in range(100)]
    assert effective_size(clips) == pytest.approx(40_000 * (1 - phi) / (1 + phi), rel=0.1)
    assert autocorrelation(clips)[:4] == pytest.approx(phi ** np.arange(4), abs=0.03)


def test_clips_of_constant_value_count_once_each() -> None:
    rng = np.random.default_rng(2)
    assert effective_size([np.full(50, rng.normal()) for _ in range(200)]) == pytest.approx(200, rel=0.05)
