"""`analyse all` on a tiny model with one decoder and synthetic vowels with known pitch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.vowel_corpus import RATE, VOWELS, sound
from trainer import bundle
from trainer.bundle import Report
from trainer.cli.main import main
from trainer.config import preset
from trainer.evaluation import run_all
from trainer.evaluation.dimensions import intervention_effects
from trainer.evaluation.prior import normality_report
from trainer.evaluation.run_all import DONE_KEY, PARTS
from trainer.metrics.probing import trained_probe
from trainer.model import Model


@pytest.fixture
def model(tiny_bundle: Callable[..., Path]) -> Path:
    return tiny_bundle(3)


@pytest.fixture(autouse=True)
def reduced_settings(monkeypatch) -> None:
    """Small sample sizes: accuracy is tested per metric, this file tests that parts run and are stored."""
    monkeypatch.setattr(trained_probe, "_EPOCHS", 4)
    monkeypatch.setattr(normality_report, "_NULL_DRAWS", 8)
    monkeypatch.setattr(normality_report, "_JOINT_FRAMES", 300)
    monkeypatch.setattr(intervention_effects, "CLIPS", 4)


def run(model: Path, vowels: Path, *more: str) -> int:
    return main(["analyse", "all", "--bundle", str(model), "--data", str(vowels), "--split", "all", *more])


def test_every_part_runs_once_and_is_stored(model: Path, vowels: Path, capsys, monkeypatch) -> None:
    assert run(model, vowels) == 0
    output = capsys.readouterr().out
    assert output.startswith("40 recordings: vowels, all\n")
    report = bundle.read_report(model)
    assert set(report.model_extra[DONE_KEY]) == set(PARTS)
    assert {"factors", "concentration", "entanglement", "bounds"} <= set(report.model_extra)
    assert [len(part.dimensions) for part in report.modules] == [8, 8, 8]
    for part in report.modules:
        for dimension in part.dimensions:
            directions = [one.way for one in dimension.evidence]
            assert directions == sorted(directions, reverse=True)
            assert set(directions) == {"up", "down"}
            assert all(not one.example and one.start <= one.at <= one.end for one in dimension.evidence)
            assert {one.phone for one in dimension.evidence} <= {*VOWELS, None}
    effects = {one.measure for dimension in report.modules[2].dimensions for one in dimension.effects}
    assert {"intensity", "spectral_centroid", "voiced_duration"} <= effects
    assert all(not dimension.effects for dimension in report.modules[0].dimensions), "it has no decoder"
    # Some dimension of random weights separates the three vowels
    assert any(label.factor == "vowel" for part in report.modules for d in part.dimensions for label in d.labels)

    def never(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(run_all, "PARTS", dict.fromkeys(PARTS, never))
    assert run(model, vowels) == 0
    assert capsys.readouterr().out.count("up to date") == len(PARTS)
    assert bundle.read_report(model) == report


def test_stopped_run_keeps_finished_parts_and_continues(model: Path, vowels: Path, capsys, monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(PARTS, "evidence", stop)
        assert run(model, vowels, "--parts", "usage,evidence,entanglement") == 130
    assert "the same command continues" in capsys.readouterr().out
    assert set(bundle.read_report(model).model_extra[DONE_KEY]) == {"usage"}
    assert run(model, vowels, "--parts", "usage,evidence") == 0
    assert "usage: up to date" in capsys.readouterr().out
    assert set(bundle.read_report(model).model_extra[DONE_KEY]) == {"usage", "evidence"}


def test_report_of_other_weights_is_replaced(model: Path, vowels: Path, capsys) -> None:
    assert run(model, vowels, "--parts", "usage") == 0
    torch.manual_seed(1)
    bundle.save(model, Model(preset("tiny")).eval())
    assert run(model, vowels, "--parts", "usage") == 0
    output = capsys.readouterr().out
    assert "belongs to other weights" in output
    assert "up to date" not in output
    assert bundle.read_report(model).model_extra[DONE_KEY]["usage"]["digest"] == bundle.digest(model)


def test_parts_that_cannot_be_measured_are_skipped_with_a_reason(model: Path, tmp_path: Path, capsys) -> None:
    """Two files without labels have too few groups; usage and evidence need neither."""
    folder, rng = tmp_path / "plain", np.random.default_rng(0)
    folder.mkdir()
    for number in range(2):
        soundfile.write(folder / f"{number}.wav", np.tile(sound("a", 120, rng), 4), RATE)
    assert run(model, folder, "--parts", "usage,factors,evidence,entanglement,bounds") == 0
    output = capsys.readouterr().out
    assert "factors: skipped: no factor can be measured on these recordings; phone is left out" in output
    assert "entanglement: skipped: the report has no factors of these recordings" in output
    assert "bounds: skipped: none of these recordings' labels can be probed" in output
    report = bundle.read_report(model)
    assert set(report.model_extra[DONE_KEY]) == {"usage", "evidence"}
    assert all(not dimension.labels for part in report.modules for dimension in part.dimensions)
    assert run(model, folder, "--parts", "bounds") == 1
    assert "no part could be measured" in capsys.readouterr().err


def test_effects_are_skipped_without_a_decoder(model: Path, vowels: Path, capsys) -> None:
    (model / "decoder-3.safetensors").unlink()
    assert run(model, vowels, "--parts", "usage,effects") == 0
    assert "effects: skipped: the bundle has no decoder" in capsys.readouterr().out


def test_unknown_parts_give_an_error(model: Path, vowels: Path, capsys) -> None:
    assert run(model, vowels, "--parts", "usage,colour") == 1
    assert "--parts: colour is not one of usage, factors" in capsys.readouterr().err
    assert bundle.read_report(model) is None


def test_analyse_usage_keeps_other_results(model: Path, vowels: Path) -> None:
    assert run(model, vowels, "--parts", "usage,evidence") == 0
    before = bundle.read_report(model)
    command = ["analyse", "usage", "--bundle", str(model), "--data", str(vowels), "--clips", "10", "--split", "all"]
    assert main(command) == 0
    after = bundle.read_report(model)
    assert isinstance(after, Report)
    assert after.modules[0].frames < before.modules[0].frames
    assert after.modules[2].dimensions[1].evidence == before.modules[2].dimensions[1].evidence
