"""Ensembles and sweeps by their commands, on tiny models and synthetic vowels."""

import json
from pathlib import Path

import numpy as np
import pytest

from trainer import bundle
from trainer.bundle import BundleError, Ensemble, PackedArray, read_ensemble, write_ensemble
from trainer.cli.main import main
from trainer.evaluation.prior import normality_report
from trainer.figures.ensemble import ensemble_figures
from trainer.figures.report import figures
from trainer.metrics.probing import trained_probe

SMALL = ["--set", "training.steps=8", "--set", "encoder.initial_logvar=-14", "--accelerator", "cpu"]


@pytest.fixture(scope="module")
def ensemble(vowels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ensemble") / "three"
    assert (
        main(["ensemble", "fit", "--preset", "tiny", "--seeds", "3", "--data", str(vowels), "--out", str(out), *SMALL])
        == 0
    )
    common = ["--ensemble", str(out), "--data", str(vowels)]
    assert main(["analyse", "channels", *common, "--samples", "60", "--resamples", "2", "--min-samples", "2"]) == 0
    return out


def test_members_share_the_split_and_are_trained_once(ensemble: Path, vowels: Path, capsys) -> None:
    paths = [ensemble / "members" / f"seed-{seed}" for seed in range(3)]
    headers = [bundle.read_config(path) for path in paths]
    assert [header.provenance.seed for header in headers] == [0, 1, 2]
    assert len({header.provenance.corpora[0].held_out for header in headers}) == 1
    assert len({bundle.digest(path) for path in paths}) == 3
    assert len(list((ensemble / "waveforms").glob("*.f32"))) == 2, "decoded once for all members"
    before = [(path / "encoder.safetensors").stat().st_mtime_ns for path in paths]
    command = ["ensemble", "fit", "--preset", "tiny", "--seeds", "3", "--data", str(vowels), "--out", str(ensemble)]
    assert main([*command, *SMALL]) == 0
    assert [(path / "encoder.safetensors").stat().st_mtime_ns for path in paths] == before
    assert main([*command, *SMALL, "--set", "objective.negatives=16"]) == 1
    assert "other settings" in capsys.readouterr().err


def test_channels_of_all_members_are_compared(ensemble: Path) -> None:
    found = read_ensemble(ensemble)
    assert [member.member for member in found.members] == ["seed-0", "seed-1", "seed-2"]
    assert len(found.channels) + found.dropped == 3 * 3 * 8
    nmi = found.nmi.unpacked()
    assert nmi.shape == (len(found.channels), len(found.channels))
    assert np.diag(nmi) == pytest.approx(np.ones(len(nmi)), abs=2e-3)
    assert nmi == pytest.approx(nmi.T, abs=2e-3)
    assert {label.label for label in found.labels} >= {"vowel", "speaker", "f0"}
    assert {space.module for space in found.spaces} >= {1, 2}
    assert all(0 < space.nmi.value <= 1.01 for space in found.spaces)
    for channel in found.channels:
        assert channel.bits <= channel.monte_carlo.value + 0.1


def test_fusion_is_added_to_the_ensemble_and_its_figures(ensemble: Path, vowels: Path, capsys) -> None:
    found = read_ensemble(ensemble)
    assert found.hot_spots
    fuse = ["analyse", "fuse-channels", "--ensemble", str(ensemble), "--data", str(vowels), "--hot-spot"]
    assert main([*fuse, "0"]) == 0
    fused = read_ensemble(ensemble)
    assert {row.spot for row in fused.fusion} == {0}
    assert fused.fusion[0].measure == "information"
    assert all(row.difference.value == pytest.approx(row.fused.value - row.best.value) for row in fused.fusion)
    assert all(row.difference.low <= row.difference.high for row in fused.fusion)
    drawn = ensemble_figures(fused)
    assert list(drawn) == ["channels", "hotspots", "fusion"]
    assert len(drawn["hotspots"]["data"]) >= 1
    json.dumps(drawn, allow_nan=False)
    assert main([*fuse, "99"]) == 1
    assert "--hot-spot 99" in capsys.readouterr().err


def test_invalid_ensemble_file_raises(ensemble: Path, tmp_path: Path) -> None:
    found = read_ensemble(ensemble)
    write_ensemble(tmp_path, found)
    assert read_ensemble(tmp_path) == found
    raw = json.loads((tmp_path / "ensemble.json").read_text())
    for name, value, message in (
        ("format_version", 2, "version 2"),
        ("order", [0], "each channel exactly once"),
        ("nmi", PackedArray.of(np.zeros((1, 1))).model_dump(mode="json"), r"must have shape \[channels"),
        ("nmi", {"shape": [2, 2], "dtype": "float16", "data": "AAAA"}, "3 bytes"),
    ):
        (tmp_path / "ensemble.json").write_text(json.dumps({**raw, name: value}))
        with pytest.raises(BundleError, match=message):
            read_ensemble(tmp_path)


def test_failed_run_is_reported_with_its_reason(tmp_path: Path, vowels: Path, capsys) -> None:
    command = ["ensemble", "fit", "--preset", "tiny", "--seeds", "1", "--data", str(vowels), "--out", str(tmp_path)]
    assert main([*command, "--set", "training.crop_samples=450", "--accelerator", "cpu"]) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("trainer: seed-0 ended with code 1")
    assert "crop" in message
    assert main(["analyse", "channels", "--ensemble", str(tmp_path), "--data", str(vowels)]) == 1
    assert "two bundles" in capsys.readouterr().err


def test_sweep_of_beta_and_noise_is_measured_and_drawn(ensemble: Path, tmp_path: Path, vowels: Path, capsys) -> None:
    out = tmp_path / "sweep"
    command = ["sweep", "--preset", "tiny", "--betas", "0.01", "--noises", "0.25", "--seeds", "1", "--label", "phone"]
    command += ["--data", str(vowels), "--out", str(out), *SMALL, "--report-into", str(ensemble / "members" / "seed-0")]
    command += ["--set", "training.validation_fraction=0.5"]
    assert main([*command, "--processes", "2"]) == 0
    rows = json.loads((out / "sweep.json").read_text())["rows"]
    assert [(row["road"], row["value"], row["module"]) for row in rows] == [
        (road, value, module) for road, value in (("beta", 0.01), ("noise", 0.25)) for module in (1, 2, 3)
    ]
    for row in rows:
        assert row["accuracy"][1] <= row["accuracy"][0] <= row["accuracy"][2]
        assert row["sliced_wasserstein"] > 0
    drawn = figures(bundle.read_report(ensemble / "members" / "seed-0"))["tradeoff"]
    assert {line["name"] for line in drawn["data"]} >= {"KL term (beta)", "dim-noise (variance)"}
    before = (out / "sweep.json").read_text()
    capsys.readouterr()
    assert main(command) == 0
    assert (out / "sweep.json").read_text() == before, "measured only once"


def test_normality_of_latents_is_added_to_the_report(ensemble: Path, vowels: Path, monkeypatch) -> None:
    monkeypatch.setattr(trained_probe, "_EPOCHS", 4)
    monkeypatch.setattr(normality_report, "_NULL_DRAWS", 8)
    member = ensemble / "members" / "seed-1"
    assert main(["analyse", "prior", "--bundle", str(member), "--data", str(vowels), "--split", "all"]) == 0
    report = bundle.read_report(member)
    assert {(row["of"], row["level"]) for row in report.model_extra["normality"]} == {
        (of, level) for of in ("draws", "means") for level in ("frames", "clip means")
    }
    (_, _, deepest) = report.model_extra["normality_dimensions"]
    assert len(deepest["dimensions"]) == 8
    assert all(1 <= one["n"] <= one["frames"] for one in deepest["dimensions"])
    assert all(row["kl"] <= row["high"] for row in report.model_extra["certificates"])
    assert "prior" in figures(report)


def test_ensemble_file_contains_no_local_path(ensemble: Path) -> None:
    assert str(ensemble.parent) not in (ensemble / "ensemble.json").read_text()
    assert isinstance(read_ensemble(ensemble), Ensemble)
