"""Bootstrap intervals."""

import numpy as np
import pytest

from trainer.metrics.statistics.bootstrap import bootstrap_mean, bootstrap_median, bootstrap_ratio


def test_interval_has_nominal_coverage() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        estimate = bootstrap_mean(rng.normal(loc=3.0, size=60), seed=trial, resamples=400)
        hits += estimate.low <= 3.0 <= estimate.high
    assert 0.88 <= hits / 200 <= 0.99
    assert bootstrap_mean([1.0, 2.0, 4.0]) == bootstrap_mean([1.0, 2.0, 4.0])


def test_interval_of_grouped_values_is_that_of_the_groups() -> None:
    """Nine copies of each value carry no more information than the value itself."""
    values = np.random.default_rng(0).normal(size=40)
    alone = bootstrap_mean(values)
    grouped = bootstrap_mean(np.repeat(values, 9), groups=np.repeat(np.arange(40).astype(str), 9))
    naive = bootstrap_mean(np.repeat(values, 9))
    assert (grouped.mean, grouped.n) == (pytest.approx(alone.mean), 360)
    assert grouped.high - grouped.low == pytest.approx(alone.high - alone.low, rel=0.15)
    assert naive.high - naive.low == pytest.approx((alone.high - alone.low) / 3, rel=0.15)


def test_groups_are_weighted_by_size() -> None:
    found = bootstrap_mean([1.0, 1.0, 1.0, 0.0], groups=np.array(["a", "a", "a", "b"]))
    assert (found.mean, found.low, found.high) == (0.75, 0.0, 1.0)


def test_ratio_of_sums() -> None:
    found = bootstrap_ratio([1.0, 6.0], [2.0, 3.0])
    assert (found.mean, found.low, found.high, found.n) == (1.4, 0.5, 2.0, 2)
    assert bootstrap_ratio([1.0, 0.0], [2.0, 0.0]).high == 0.5
    with pytest.raises(ValueError, match="denominator"):
        bootstrap_ratio([1.0, 2.0], [0.0, 0.0])


def test_block_size_does_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=50)
    whole = bootstrap_mean(values)
    monkeypatch.setattr("trainer.metrics.statistics.bootstrap._BLOCK_DRAWS", 333)
    assert bootstrap_mean(values) == whole


def test_median_is_robust_to_outliers() -> None:
    """The median's standard error is about 1.2533 times the mean's for a normal sample; an outlier hardly moves it."""
    values = np.random.default_rng(3).normal(2, 1, 400)
    middle, low, high = bootstrap_median(values)
    assert middle == np.median(values)
    assert (high - low) / 2 == pytest.approx(1.96 * 1.2533 / 20, rel=0.25)
    assert bootstrap_median([*values[1:], 1000.0])[2] < high + 0.1
    assert bootstrap_median([3.0, 3.0]) == (3.0, 3.0, 3.0)


def test_median_over_groups_has_the_interval_of_as_many_values_as_groups() -> None:
    """Ten recordings of each voice are equal: they say no more than one."""
    of_voice = np.random.default_rng(5).normal(size=16)
    values, voices = np.repeat(of_voice, 10), np.repeat([f"v{n}" for n in range(16)], 10)
    alone = bootstrap_median(of_voice)
    by_voice, by_recording = bootstrap_median(values, groups=voices), bootstrap_median(values)
    assert by_voice[0] == alone[0]
    assert by_voice[2] - by_voice[1] == pytest.approx(alone[2] - alone[1], rel=0.25)
    assert by_recording[2] - by_recording[1] < 0.7 * (by_voice[2] - by_voice[1])
