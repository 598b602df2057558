"""Factors of moments: what is known of a recording, what of it each dimension tells, and what cannot be asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.example_samples import blank_report, made_up
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
    time_axis = np.arange(round(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * hertz * k * time_axis) / k for k in range(1, 8)).astype("f4")


def spoken() -> tuple[np.ndarray, Recording]:
    """A quarter of a second each of silence, a buzz (a) of 150 Hz, noise (s), and a buzz (i) twice as quiet."""
    rng = np.random.default_rng(0)
    parts = [np.zeros(4000), buzz(0.25, 150), 0.3 * rng.normal(size=4000), 0.5 * buzz(0.25, 150)]
    phones = ("", "a", "s", "i")
    segments = tuple(Segment(0.25 * n, 0.25 * (n + 1), phone) for n, phone in enumerate(phones))
    labels = {"speaker": "anna", "rate": 180.0}
    return np.concatenate(parts).astype("f4"), Recording(Path("a.wav"), 1.0, labels, segments)


def test_what_is_known_of_each_moment() -> None:
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
    assert found["speaker"].tolist() == ["", *["anna"] * 3], "silence has no factor"
    assert found["rate"][1:] == pytest.approx([180, 180, 180])
    assert not is_known(found["formant_scale"]).any()
    assert found["position"][1:] == pytest.approx([0, 0.5, 1])


def test_without_timed_phones_speech_is_what_is_loud_and_labels_hold_for_all_of_it() -> None:
    wave, recording = spoken()
    plain = replace(recording, segments=(), labels={"vowel": "a"})
    found = frame_labels(wave, RATE, plain, np.array([0.125, 0.375, 0.625]))
    assert found["vowel"].tolist() == ["", "a", "a"]
    assert found["voicing"].tolist() == ["", "voiced", "voiceless"]
    assert not is_known(found["phone"]).any()


def test_moments_are_the_frames_of_the_model_nearest_them(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Model(preset("tiny")).eval()
    wave, recording = spoken()
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="FLOAT")
    one = Clip(replace(recording, path=tmp_path / "a.wav"), "corpus", "a")
    moments = sample_frames(model, [one, one], most=100)
    assert moments.seconds[:3] == pytest.approx([0.01, 0.03, 0.05])
    assert moments.clip_index.tolist() == [0] * 50 + [1] * 50
    assert set(moments.clip_names().tolist()) == {"corpus/a"}
    assert set(moments.speakers().tolist()) == {"anna"}
    for module, geometry in enumerate(model.geometry, 1):
        mean = model.encode(normalise_loudness(wave, -23.0))[module - 1].mean
        frame = min(range(mean.shape[1]), key=lambda n: abs(geometry.frame_centre_seconds(n) - 0.41))
        assert moments.latents[module][20] == pytest.approx(mean[:, frame].numpy(), abs=1e-6)
        assert (moments.latents[module][:50] == moments.latents[module][50:]).all()


def test_moments_beyond_the_last_frame_take_the_last() -> None:
    geometry = encoder_geometry(preset("tiny").encoder, RATE)[0]
    assert nearest_frames(geometry, np.array([0.0, 10.0]), 7).tolist() == [0, 6]


def test_each_dimension_is_labelled_by_what_it_was_made_of() -> None:
    """Dimension 0 is F0 with noise of 0.3 sd, nearly Gaussian both; 1 a vowel's angle; 2 the speaker under noise; 3 and
    4 nothing.
    """
    moments = made_up()
    report, lines = add_factors(blank_report(5), "here", moments)
    labels = [{label.factor: label for label in dimension.labels} for dimension in report.modules[0].dimensions]
    assert next(iter(labels[0])) == "f0"
    exact = -0.5 * np.log2(1 - 1 / (1 + 0.3**2))
    assert 0.8 * exact < labels[0]["f0"].bits < exact
    assert {"phone", "vowel", "voicing"} <= set(labels[1])
    # cos(2 pi n / 5): 0 alone, 1 and 4 alike, 2 and 3 alike; so among vowels a, i and u all, and of s and b one each
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
    assert Report.model_validate(report.model_dump()) == report, "as it is kept on disk"


def test_shuffled_dimensions_are_told_of_by_none() -> None:
    moments = made_up(seed=1)
    order = np.random.default_rng(0).permutation(60)
    mixed = moments.latents[1].reshape(60, 100, 5)[order].reshape(-1, 5)
    report, _ = add_factors(blank_report(5), "here", replace(moments, latents={1: np.roll(mixed, 37, axis=0)}))
    assert sum(len(dimension.labels) for dimension in report.modules[0].dimensions) == 0


def test_with_few_speakers_recordings_are_held_out_and_speakers_factors_left_out() -> None:
    asked, notes = factor_tasks(made_up(speakers=5, each=12))
    assert {one.group for one in asked} == {"recording"}
    assert "formant_scale" not in {one.factor for one in asked}
    assert any("does not vary within a speaker" in note and "8 speakers" in note for note in notes)


def test_a_label_of_one_class_or_of_too_few_examples_is_left_out_and_the_rest_is_asked() -> None:
    moments = made_up()
    one_class = {**moments.labels, "vowel": np.where(moments.labels["vowel"] == "", "", "a")}
    rare = np.full(len(moments.seconds), "", dtype="U1")
    rare[:5], rare[5:8] = "b", "d"
    asked, notes = factor_tasks(replace(moments, labels={**one_class, "consonant": rare}))
    assert {"phone", "f0"} <= {one.factor for one in asked}
    assert {"vowel", "consonant"}.isdisjoint(one.factor for one in asked)
    assert [note.split(":")[0] for note in notes if "two classes" in note] == [
        "vowel is left out",
        "consonant is left out",
    ]


def test_nothing_to_ask_is_a_fault() -> None:
    moments = made_up()
    nothing = {name: np.full(len(track), "") for name, track in moments.labels.items()}
    with pytest.raises(ValueError, match="no factor can be measured"):
        add_factors(blank_report(5), "here", replace(moments, labels=nothing))


def test_usage_measured_again_keeps_what_was_found_later() -> None:
    report, _ = add_factors(blank_report(5), "here", made_up())
    again = blank_report(5)
    again = with_facts(again, 1, {0: {"sensitivity": 2.0}})
    merged = with_usage(report, again)
    assert merged.modules[0].dimensions[0].sensitivity == 2.0
    assert merged.modules[0].dimensions[0].labels == report.modules[0].dimensions[0].labels
    assert merged.model_extra == report.model_extra
    with pytest.raises(ValueError, match="analyse usage"):
        with_facts(Report(), 1, {})
