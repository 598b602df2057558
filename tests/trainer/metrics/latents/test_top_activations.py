"""Strongest activations and the spans around them."""

import numpy as np
import pytest

from trainer.metrics.latents.top_activations import playback_span, top_activations


def test_activations_are_sorted_and_apart() -> None:
    values = np.array([1.0, 9.0, 8.9, 3.0, 8.8, 7.0])
    recording = np.array([0, 0, 0, 0, 1, 1])
    seconds = np.array([0.0, 0.1, 0.2, 0.5, 0.1, 0.9])
    assert top_activations(values, recording, seconds, 3, min_distance=0.2) == [1, 4, 5]
    assert top_activations(values, recording, seconds, 3, min_distance=0.05) == [1, 2, 4]
    assert top_activations(-values, recording, seconds, 2, min_distance=0.2) == [0, 3]
    assert top_activations(values[:2], recording[:2], seconds[:2], 5, min_distance=0.2) == [1]


@pytest.mark.parametrize(
    ("time", "phone", "span"),
    [
        (0.5, (0.4, 0.8), (0.4, 0.8)),
        (0.5, (0.45, 0.55), (0.375, 0.625)),
        (0.5, None, (0.375, 0.625)),
        (0.02, None, (0.0, 0.25)),
        (0.99, (0.95, 1.0), (0.75, 1.0)),
    ],
)
def test_span_is_the_phone_widened_to_the_minimum(time: float, phone, span: tuple[float, float]) -> None:
    assert playback_span(time, phone, min_seconds=0.25, duration=1.0) == pytest.approx(span)


def test_clip_shorter_than_the_minimum_is_played_whole() -> None:
    assert playback_span(0.05, None, min_seconds=0.25, duration=0.1) == (0.0, 0.1)
