"""Voicing error."""

import numpy as np
import pytest

from trainer.metrics.speech.voicing_error import voicing_error


def test_error_is_the_share_of_frames_with_different_voicing() -> None:
    a, b = np.full(10, 100.0), np.full(10, 200.0)
    a[:3], b[2:4] = np.nan, np.nan
    assert voicing_error(a, b) == pytest.approx(0.3)
    assert voicing_error(a, a) == 0.0
