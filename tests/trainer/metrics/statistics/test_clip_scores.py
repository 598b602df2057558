"""Scores per clip and their means."""

import numpy as np
import pytest

from trainer.metrics.statistics.bootstrap import bootstrap_mean, bootstrap_ratio
from trainer.metrics.statistics.clip_scores import ClipScores


def test_values_are_averaged_over_clips_with_a_value() -> None:
    score = ClipScores.from_values([1.0, None, 3.0, 5.0])
    assert score.estimate() == bootstrap_mean([1.0, 3.0, 5.0])
    assert score.estimate().n == 3
    assert score.missing == 1
    assert ClipScores.from_values([None, None]).estimate() is None


def test_hits_are_summed_over_trials() -> None:
    score = ClipScores(np.array([3.0, 1.0, np.nan]), np.array([4.0, 1.0, 0.0]))
    assert score.estimate() == bootstrap_ratio([3.0, 1.0], [4.0, 1.0])
    assert score.estimate().mean == pytest.approx(4 / 5)
    assert ClipScores(np.array([0.0]), np.array([0.0])).estimate() is None


def test_difference_is_paired_by_clip() -> None:
    """Clips vary by 10, but the two scores of a clip always differ by 1: the interval has no width."""
    clips = 10 * np.random.default_rng(0).normal(size=30)
    one, other = ClipScores.from_values([*clips + 1, None]), ClipScores.from_values([*clips, 7.0])
    found = one.paired_difference(other).estimate()
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    assert found.n == 30


def test_speakers_are_resampled_whole() -> None:
    """Ten clips of each speaker are equal: the interval is that of one clip per speaker."""
    of_speaker = np.random.default_rng(6).normal(size=12)
    speakers = np.repeat([f"s{n:02d}" for n in range(12)], 10)
    values = np.repeat(of_speaker, 10).tolist()
    alone = ClipScores.from_values(of_speaker.tolist()).estimate()
    grouped = ClipScores.from_values(values, speakers)
    found = grouped.estimate()
    assert found.mean == pytest.approx(alone.mean)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert found.n == 120
    narrow = ClipScores.from_values(values).estimate()
    assert narrow.high - narrow.low < 0.5 * (found.high - found.low)
    assert grouped.paired_difference(grouped).estimate().high == 0
