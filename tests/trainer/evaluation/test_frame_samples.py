"""Labels of time points, and the latents sampled at them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.signals import harmonics
from trainer.config import preset
from trainer.corpus import Recording, Segment
from trainer.evaluation.frame_labels import FACTORS, frame_labels, is_known
from trainer.evaluation.frame_samples import nearest_frames, sample_frames
from trainer.evaluation.selection import Clip
from trainer.geometry import encoder_geometry
from trainer.metrics.probing.pooling import normalise_loudness
from trainer.model import Model

RATE = 16_000


def buzz(seconds: float, hertz: float) -> np.ndarray:
    return harmonics(hertz, seconds, RATE, highest_hz=8 * hertz).astype("f4")


def spoken() -> tuple[np.ndarray, Recording]:
    """0.25 s each of silence, a buzz of 150 Hz (a), noise (s), and the buzz at half the amplitude (i)."""
    rng = np.random.default_rng(0)
    parts = [np.zeros(4000), buzz(0.25, 150), 0.3 * rng.normal(size=4000), 0.5 * buzz(0.25, 150)]
    phones = ("", "a", "s", "i")
    segments = tuple(Segment(0.25 * n, 0.25 * (n + 1), phone) for n, phone in enumerate(phones))
    labels = {"speaker": "anna", "rate": 180.0}
    return np.concatenate(parts).astype("f4"), Recording(Path("a.wav"), 1.0, labels, segments)


def test_frame_labels_give_every_factor_at_each_time() -> None:
    wave, recording = spoken()
    found = frame_labels(wave, RATE, recording, np.array([0.125, 0.375, 0.625, 0.875]))
    assert tuple(found) == FACTORS
    assert found["phone"].tolist() == ["", "a", "s", "i"]
    assert found["vowel"].tolist() == ["", "a", "", "i"]
    assert found["consonant"].tolist() == ["", "", "s", ""]
    assert found["voicing"].tolist() == ["", "voiced", "voiceless", "voiced"]
    assert 2 ** found["f0"][[1, 3]] == pytest.approx([150, 150], rel=0.01)
    assert is_known(found["f0"]).tolist() == [False, True, False, True]
    assert found["loudness"][1] - found["loudness"][3] == pytest.approx(6.02, abs=0.05)
    assert found["speaker"].tolist() == ["", *["anna"] * 3], "silence has no labels"
    assert found["rate"][1:] == pytest.approx([180, 180, 180])
    assert not is_known(found["formant_scale"]).any()
    assert found["position"][1:] == pytest.approx([0, 0.5, 1])


def test_without_timed_phones_loud_frames_are_speech_and_take_the_recording_labels() -> None:
    wave, recording = spoken()
    plain = replace(recording, segments=(), labels={"vowel": "a"})
    found = frame_labels(wave, RATE, plain, np.array([0.125, 0.375, 0.625]))
    assert found["vowel"].tolist() == ["", "a", "a"]
    assert found["voicing"].tolist() == ["", "voiced", "voiceless"]
    assert not is_known(found["phone"]).any()


def test_sampled_latents_are_those_of_the_nearest_frames(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Model(preset("tiny")).eval()
    wave, recording = spoken()
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="FLOAT")
    one = Clip(replace(recording, path=tmp_path / "a.wav"), "corpus", "a")
    samples = sample_frames(model, [one, one], limit=100)
    assert samples.seconds[:3] == pytest.approx([0.01, 0.03, 0.05])
    assert samples.clip_index.tolist() == [0] * 50 + [1] * 50
    assert set(samples.clip_names().tolist()) == {"corpus/a"}
    assert set(samples.speakers().tolist()) == {"anna"}
    for module, geometry in enumerate(model.geometry, 1):
        mean = model.encode(normalise_loudness(wave, -23.0))[module - 1].mean
        frame = min(range(mean.shape[1]), key=lambda n: abs(geometry.frame_centre_seconds(n) - 0.41))
        assert samples.latents[module][20] == pytest.approx(mean[:, frame].numpy(), abs=1e-6)
        assert (samples.latents[module][:50] == samples.latents[module][50:]).all()


def test_times_after_the_last_frame_use_the_last_frame() -> None:
    geometry = encoder_geometry(preset("tiny").encoder, RATE)[0]
    assert nearest_frames(geometry, np.array([0.0, 10.0]), 7).tolist() == [0, 6]
