"""Correlation of log F0."""

import numpy as np
import pytest

from trainer.metrics.speech.f0_correlation import f0_correlation


def test_correlation_is_pearson_of_log_f0_over_frames_voiced_in_both() -> None:
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.normal(5, 0.2, size=(2, 200)))
    a[:50], b[30:80] = np.nan, np.nan
    both = slice(80, 200)
    assert f0_correlation(a, b) == pytest.approx(np.corrcoef(np.log(a[both]), np.log(b[both]))[0, 1])
    assert f0_correlation(a, 2 * a) == pytest.approx(1.0)
    assert f0_correlation(a, 1 / a) == pytest.approx(-1.0)
    assert f0_correlation(a, np.full(200, 100.0)) == 0.0
    assert f0_correlation(np.full(200, 100.0), a) is None
    assert f0_correlation(a, np.full(200, np.nan)) is None
