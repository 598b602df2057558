"""Grouped samples."""

import numpy as np
import pytest

from tests.trainer.metrics.prior.normal_sample import normal_sample
from trainer.metrics.prior.grouped_sample import GroupedSample


def test_weights_equal_repeated_clips() -> None:
    sample = normal_sample(11, shift=0.5, count=60)
    drawn = np.random.default_rng(12).integers(20, size=20)
    weights = np.bincount(drawn, minlength=20)[None].astype(float)
    each = np.arange(60.0)
    copies = np.concatenate([each[sample.groups == group] for group in drawn])
    assert sample.mean(each, weights)[0] == pytest.approx(copies.mean())
    with pytest.raises(ValueError, match="two groups"):
        GroupedSample(np.zeros((3, 1)), np.zeros(3, dtype=int))
