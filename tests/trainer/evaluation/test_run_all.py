"""The whole of `analyse all`, on a tiny model with a decoder and a corpus of buzzes whose pitch and vowel are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.vowel_corpus import RATE, VOWELS, sound, speak_vowels
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


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speak_vowels(tmp_path_factory.mktemp("corpus") / "vowels")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    made.add_decoder(3)
    bundle.save(tmp_path / "model", made.eval())
    return tmp_path / "model"


@pytest.fixture(autouse=True)
def hasty(monkeypatch) -> None:
    """Whether all is measured and kept is asked here; whether it is measured well, each measure's own test asks."""
    monkeypatch.setattr(trained_probe, "_EPOCHS", 4)
    monkeypatch.setattr(normality_report, "_NULL_DRAWS", 8)
    monkeypatch.setattr(normality_report, "_JOINT_FRAMES", 300)
    monkeypatch.setattr(intervention_effects, "CLIPS", 4)


def run(model: Path, corpus: Path, *more: str) -> int:
    return main(["analyse", "all", "--bundle", str(model), "--data", str(corpus), "--split", "all", *more])


def test_every_part_is_measured_once_and_kept(model: Path, corpus: Path, capsys, monkeypatch) -> None:
    assert run(model, corpus) == 0
    said = capsys.readouterr().out
    assert said.startswith("40 recordings: vowels, all\n")
    report = bundle.read_report(model)
    assert set(report.model_extra[DONE_KEY]) == set(PARTS)
    assert {"factors", "concentration", "entanglement", "bounds"} <= set(report.model_extra)
    assert [len(part.dimensions) for part in report.modules] == [8, 8, 8]
    for part in report.modules:
        for dimension in part.dimensions:
            ways = [one.way for one in dimension.evidence]
            assert ways == sorted(ways, reverse=True)
            assert set(ways) == {"up", "down"}
            assert all(not one.example and one.start <= one.at <= one.end for one in dimension.evidence)
            assert {one.phone for one in dimension.evidence} <= {*VOWELS, None}
    effects = {one.measure for dimension in report.modules[2].dimensions for one in dimension.effects}
    assert {"intensity", "spectral_centroid", "voiced_duration"} <= effects
    assert all(not dimension.effects for dimension in report.modules[0].dimensions), "it has no decoder"
    # Fresh weights over a spectrum of three vowels: some dimension tells which
    assert any(label.factor == "vowel" for part in report.modules for d in part.dimensions for label in d.labels)

    def never(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(run_all, "PARTS", dict.fromkeys(PARTS, never))
    assert run(model, corpus) == 0
    assert capsys.readouterr().out.count("done before") == len(PARTS)
    assert bundle.read_report(model) == report


def test_a_stopped_run_keeps_what_is_done_and_goes_on(model: Path, corpus: Path, capsys, monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(PARTS, "evidence", stop)
        assert run(model, corpus, "--parts", "usage,evidence,entanglement") == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert set(bundle.read_report(model).model_extra[DONE_KEY]) == {"usage"}
    assert run(model, corpus, "--parts", "usage,evidence") == 0
    assert "usage: done before" in capsys.readouterr().out
    assert set(bundle.read_report(model).model_extra[DONE_KEY]) == {"usage", "evidence"}


def test_a_report_of_other_weights_is_measured_anew(model: Path, corpus: Path, capsys) -> None:
    assert run(model, corpus, "--parts", "usage") == 0
    torch.manual_seed(1)
    bundle.save(model, Model(preset("tiny")).eval())
    assert run(model, corpus, "--parts", "usage") == 0
    said = capsys.readouterr().out
    assert "of other weights" in said
    assert "done before" not in said
    assert bundle.read_report(model).model_extra[DONE_KEY]["usage"]["digest"] == bundle.digest(model)


def test_what_cannot_be_measured_is_told_and_the_rest_is(model: Path, tmp_path: Path, capsys) -> None:
    """Two plain files: no labels at all, too few groups; usage and evidence need neither."""
    folder, rng = tmp_path / "plain", np.random.default_rng(0)
    folder.mkdir()
    for number in range(2):
        soundfile.write(folder / f"{number}.wav", np.tile(sound("a", 120, rng), 4), RATE)
    assert run(model, folder, "--parts", "usage,factors,evidence,entanglement,bounds") == 0
    said = capsys.readouterr().out
    assert "factors: left out: no factor can be measured on these recordings; phone is left out" in said
    assert "entanglement: left out: the factors of these recordings come first" in said
    assert "bounds: left out: none of these recordings' labels can be probed" in said
    report = bundle.read_report(model)
    assert set(report.model_extra[DONE_KEY]) == {"usage", "evidence"}
    assert all(not dimension.labels for part in report.modules for dimension in part.dimensions)
    assert run(model, folder, "--parts", "bounds") == 1
    assert "nothing could be measured" in capsys.readouterr().err


def test_a_bundle_without_a_decoder_has_no_effects_but_the_rest(model: Path, corpus: Path, capsys) -> None:
    (model / "decoder-3.safetensors").unlink()
    assert run(model, corpus, "--parts", "usage,effects") == 0
    assert "effects: left out: the bundle has no decoder" in capsys.readouterr().out


def test_unknown_parts_are_named(model: Path, corpus: Path, capsys) -> None:
    assert run(model, corpus, "--parts", "usage,colour") == 1
    assert "--parts: colour is not one of usage, factors" in capsys.readouterr().err
    assert bundle.read_report(model) is None


def test_usage_alone_keeps_labels(model: Path, corpus: Path) -> None:
    assert run(model, corpus, "--parts", "usage,evidence") == 0
    before = bundle.read_report(model)
    assert (
        main(["analyse", "usage", "--bundle", str(model), "--data", str(corpus), "--clips", "10", "--split", "all"]) == 0
    )
    after = bundle.read_report(model)
    assert isinstance(after, Report)
    assert after.modules[0].frames < before.modules[0].frames
    assert after.modules[2].dimensions[1].evidence == before.modules[2].dimensions[1].evidence
