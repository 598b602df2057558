"""Information of dimensions about factors."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.example_samples import blank_report, synthetic_samples
from trainer.bundle import Report
from trainer.evaluation.dimensions.factors import add_factors, factor_tasks
from trainer.metrics.probing.dimension_information import FACTORS_KEY


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
