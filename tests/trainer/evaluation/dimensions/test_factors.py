"""Labels of time points, sampled latents, and the information of dimensions about factors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.signals import harmonics
from tests.trainer.example_samples import blank_report, synthetic_samples
from trainer.bundle import Report
from trainer.config import preset
from trainer.corpus import Recording, Segment
from trainer.evaluation.dimension_facts import with_facts, with_usage
from trainer.evaluation.dimensions.factors import add_factors, factor_tasks
from trainer.evaluation.frame_labels import FACTORS, frame_labels, is_known
from trainer.evaluation.frame_samples import nearest_frames, sample_frames
from trainer.evaluation.selection import Clip
from trainer.geometry import encoder_geometry
from trainer.metrics.probing.dimension_information import FACTORS_KEY
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


def test_each_dimension_gets_the_labels_of_the_factors_it_was_made_from() -> None:
    """Dimension 0 is F0 plus noise of 0.3 sd, both nearly Gaussian; 1 an angle per sound; 2 the speaker plus noise; 3
    and 4 are noise.
    """
    samples = synthetic_samples()
    report, lines = add_factors(blank_report(5), "here", samples)
    labels = [{label.factor: label for label in dimension.labels} for dimension in report.modules[0].dimensions]
    assert next(iter(labels[0])) == "f0"
    exact = -0.5 * np.log2(1 - 1 / (1 + 0.3**2))
    assert 0.8 * exact < labels[0]["f0"].bits < exact
    assert {"phone", "vowel", "voicing"} <= set(labels[1])
    # cos(2 pi n / 5) separates sound 0 from {1, 4} and {2, 3}, and so all three vowels
    assert 0.9 * np.log2(3) < labels[1]["vowel"].bits < np.log2(3)
    assert "speaker" in labels[2]
    assert labels[3] == labels[4] == {}
    for each in labels:
        assert [one.bits for one in each.values()] == sorted((one.bits for one in each.values()), reverse=True)
        assert all(one.low < one.bits < one.high for one in each.values())
    rows = {row["factor"]: row for row in report.model_extra[FACTORS_KEY]}
    assert rows["phone"]["entropy"] == pytest.approx(np.log2(5), abs=0.01)
    assert (rows["phone"]["group"], rows["phone"]["groups"]) == ("speaker", 10)
    assert (rows["speaker"]["group"], rows["speaker"]["groups"]) == ("recording", 60)
    assert all(row["chance"] < 0.02 for row in rows.values())
    assert "rate is left out: these recordings have no such label" in lines
    assert any("no dimension above chance" in line for line in lines if line.startswith("loudness"))
    assert Report.model_validate(report.model_dump()) == report, "survives writing and reading"


def test_shuffled_latents_get_no_labels() -> None:
    samples = synthetic_samples(seed=1)
    order = np.random.default_rng(0).permutation(60)
    mixed = samples.latents[1].reshape(60, 100, 5)[order].reshape(-1, 5)
    report, _ = add_factors(blank_report(5), "here", replace(samples, latents={1: np.roll(mixed, 37, axis=0)}))
    assert sum(len(dimension.labels) for dimension in report.modules[0].dimensions) == 0


def test_with_few_speakers_recordings_are_held_out_and_constant_factors_are_left_out() -> None:
    tasks, notes = factor_tasks(synthetic_samples(speakers=5, each=12))
    assert {one.group for one in tasks} == {"recording"}
    assert "formant_scale" not in {one.factor for one in tasks}
    assert any("does not vary within a speaker" in note and "8 speakers" in note for note in notes)


def test_labels_with_one_class_or_too_few_examples_are_left_out() -> None:
    samples = synthetic_samples()
    one_class = {**samples.labels, "vowel": np.where(samples.labels["vowel"] == "", "", "a")}
    rare = np.full(len(samples.seconds), "", dtype="U1")
    rare[:5], rare[5:8] = "b", "d"
    tasks, notes = factor_tasks(replace(samples, labels={**one_class, "consonant": rare}))
    assert {"phone", "f0"} <= {one.factor for one in tasks}
    assert {"vowel", "consonant"}.isdisjoint(one.factor for one in tasks)
    assert [note.split(":")[0] for note in notes if "no two classes" in note] == [
        "vowel is left out",
        "consonant is left out",
    ]


def test_no_measurable_factor_raises() -> None:
    samples = synthetic_samples()
    unknown = {name: np.full(len(labels), "") for name, labels in samples.labels.items()}
    with pytest.raises(ValueError, match="no factor can be measured"):
        add_factors(blank_report(5), "here", replace(samples, labels=unknown))


def test_new_usage_keeps_labels_and_other_results() -> None:
    report, _ = add_factors(blank_report(5), "here", synthetic_samples())
    usage = blank_report(5)
    usage = with_facts(usage, 1, {0: {"sensitivity": 2.0}})
    merged = with_usage(report, usage)
    assert merged.modules[0].dimensions[0].sensitivity == 2.0
    assert merged.modules[0].dimensions[0].labels == report.modules[0].dimensions[0].labels
    assert merged.model_extra == report.model_extra
    with pytest.raises(ValueError, match="analyse usage"):
        with_facts(Report(), 1, {})
