"""Frames at multiples of the frame rate, counted where they are known."""

import numpy as np
import pytest

from trainer.metrics.speech.frame_rate_buzz import frames_at_multiples


def test_counts_voiced_frames_near_a_multiple() -> None:
    pitch = np.array([100.0, 100.9, 101.1, 199.2, 150.0, np.nan, 300.0, 0.5])
    assert frames_at_multiples(pitch, 100.0) == (4, 7), "0 Hz is no multiple"


def test_pitches_spread_evenly_have_the_share_of_chance() -> None:
    at_multiples, voiced = frames_at_multiples(np.random.default_rng(0).uniform(100, 400, 200_000), 100.0)
    assert at_multiples / voiced == pytest.approx(0.02, rel=0.1)


def test_unvoiced_sound_has_no_frames() -> None:
    assert frames_at_multiples(np.full(5, np.nan), 100.0) == (0, 0)
