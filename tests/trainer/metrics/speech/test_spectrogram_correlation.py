"""Correlation of spectrograms."""

import numpy as np
import pytest

from trainer.metrics.speech.spectrogram_correlation import correlation, mean_spectrum_correlation


def test_correlation_is_pearson_correlation() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(80, 50)), rng.normal(size=(80, 50))
    assert correlation(a, a) == pytest.approx(1.0)
    assert correlation(a, -3 * a + 2) == pytest.approx(-1.0)
    assert correlation(a, a + b) == pytest.approx(np.corrcoef(a.ravel(), (a + b).ravel())[0, 1])
    assert correlation(a, np.ones_like(a)) == 0.0
    # Equal variance of the band means and around them: the mean spectrum explains half, r = sqrt(1/2)
    half = rng.normal(size=(80, 1)) + rng.normal(size=(80, 4000))
    assert mean_spectrum_correlation(half) == pytest.approx(np.sqrt(0.5), abs=0.08)
