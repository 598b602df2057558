"""Intervals of acoustic effects resample speakers."""

import numpy as np
import pytest
import torch

from trainer.config import preset
from trainer.evaluation.dimensions import intervention_effects
from trainer.evaluation.dimensions.intervention_effects import dimension_effects
from trainer.metrics.speech.acoustics import F0, AcousticMeasurement
from trainer.model import Model

SPEAKERS, CLIPS_EACH = 6, 8


def effect_of_f0(monkeypatch: pytest.MonkeyPatch, semitones: np.ndarray, speakers: np.ndarray | None):
    """The effect on F0 of a decoder that raises the pitch of clip n by `semitones[n]` per unit."""

    def measure(_: Model, __: int, dim: int, latents: torch.Tensor, step: float) -> AcousticMeasurement:
        pitch = np.full(5, 120 * 2 ** (step * float(latents[dim, 0]) / 12))
        return AcousticMeasurement(pitch, np.full((5, 3), np.nan), -20.0, 1000.0, 0.1)

    monkeypatch.setattr(intervention_effects, "_measure_step", measure)
    clips = [torch.full((2, 4), float(value)) for value in semitones]
    effects = dimension_effects(Model(preset("tiny")), 3, 1, clips, speakers)
    return next(one for one in effects if one.measure == F0.name)


def test_clips_of_one_speaker_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """If all clips of a speaker are equal, the interval is as wide as that of one clip per speaker."""
    of_speaker = np.random.default_rng(0).normal(2.0, 1.0, size=SPEAKERS)
    semitones = np.repeat(of_speaker, CLIPS_EACH)
    speakers = np.repeat([f"s{number}" for number in range(SPEAKERS)], CLIPS_EACH)
    alone = effect_of_f0(monkeypatch, of_speaker, None)
    by_speaker = effect_of_f0(monkeypatch, semitones, speakers)
    by_clip = effect_of_f0(monkeypatch, semitones, None)
    assert by_speaker.change == by_clip.change == pytest.approx(np.median(of_speaker))
    assert (by_speaker.low, by_speaker.high) == pytest.approx((alone.low, alone.high), abs=0.1)
    assert by_clip.high - by_clip.low < 0.7 * (by_speaker.high - by_speaker.low)
    assert by_speaker.n == SPEAKERS * CLIPS_EACH
