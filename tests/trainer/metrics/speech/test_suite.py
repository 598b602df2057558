"""The metric suite between its upper and lower baselines."""

import sys

import numpy as np
import pytest

from tests.signals import speech_like
from trainer.metrics.speech.baselines import griffin_lim, mean_spectrum
from trainer.metrics.speech.suite import SPEECH_METRICS, FeatureExtractor

RATE = 16_000


def test_baselines_are_ordered() -> None:
    """Every metric: the original is best, Griffin-Lim close to it, the mean spectrum worst."""
    extractor = FeatureExtractor(RATE)
    original = extractor(speech_like(2.0, RATE).astype(np.float32))
    upper, lower = griffin_lim(original, extractor), mean_spectrum(original, extractor)
    assert len(upper.wave) == len(lower.wave) == len(original.wave)
    best = {"stoi": 1.0, "f0_correlation": 1.0, "f0_correlation_swift": 1.0, "pesq": 4.644}
    for metric in (metric for metric in SPEECH_METRICS if metric.installed):
        itself, near, far = (metric.compute(original, other) for other in (original, upper, lower))
        if not metric.reference_free:
            assert itself == pytest.approx(best.get(metric.name, 0.0), abs=1e-3)
        if far is None:
            assert metric.name.startswith("f0_correlation"), "a constant spectrum has no pitch"
        else:
            assert abs(near - itself) < 0.7 * abs(far - itself), metric.name
    assert np.array_equal(griffin_lim(original, extractor).wave, upper.wave)


def test_missing_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    (metric,) = (metric for metric in SPEECH_METRICS if metric.package == "pystoi")
    monkeypatch.setitem(sys.modules, "pystoi", None)
    assert not metric.installed
    assert all(metric.installed for metric in SPEECH_METRICS if metric.package is None)
