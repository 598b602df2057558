"""`analyse smoothness`."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch

from trainer import bundle
from trainer.cli.main import main
from trainer.config import override, preset
from trainer.evaluation.decoding.smoothness import (
    BETWEEN,
    CORPUS,
    PRIOR,
    SMOOTHNESS_KEY,
    TITLES,
    SmoothnessOptions,
    SmoothnessRow,
    measure_smoothness,
    table,
)
from trainer.model import Model

QUICK = SmoothnessOptions(split="all", clips=4, dims=2, steps=3)


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Path]:
    """A SIM and a GIM with decoders for modules 1 and 3."""
    torch.manual_seed(0)
    for name, settings in (("sim", {}), ("gim", {"encoder.probabilistic": False, "preset": "gim"})):
        made = Model(override(preset("tiny"), settings))
        for module in (1, 3):
            made.add_decoder(module)
        bundle.save(tmp_path / name, made)
    return {name: tmp_path / name for name in ("sim", "gim")}


def keyed(rows: list[SmoothnessRow]) -> dict[tuple[str, int, str, str, str], SmoothnessRow]:
    return {(row.bundle.split()[0], row.module, row.path, row.sound, row.measure): row for row in rows}


def test_command_prints_and_stores_rows(corpus: Path, models: dict[str, Path], tmp_path, capsys) -> None:
    file = tmp_path / "rows.json"
    command = ["analyse", "smoothness", "--bundle", str(models["sim"]), "--data", str(corpus), "--split", "all"]
    command += ["--clips", "4", "--dims", "1", "--steps", "2"]
    assert main([*command, "--compare", str(models["gim"]), "--json", str(file)]) == 0
    output = capsys.readouterr().out
    assert "4 clips" in output
    assert "gim (gim, spectral decoder): 4 of corpora that are not in its provenance" in output
    assert all(title in output for title in TITLES.values())
    rows = json.loads(file.read_text())
    assert {row["data"] for row in rows} == {f"{corpus.name}, all"}
    assert bundle.read_report(models["sim"]).model_extra[SMOOTHNESS_KEY] == rows
    assert bundle.read_report(models["gim"]) is None
    assert main([*command, "--module", "3"]) == 0
    kept = bundle.read_report(models["sim"]).model_extra[SMOOTHNESS_KEY]
    assert kept[: len(rows)] == rows
    assert {row["module"] for row in kept[len(rows) :]} == {3}


def test_every_path_of_every_module_has_its_rows(corpus: Path, models: dict[str, Path]) -> None:
    rows, _ = measure_smoothness(models["sim"], [corpus], [models["gim"]], QUICK)
    found = keyed(rows)
    kinds = [("sim", PRIOR), ("sim", CORPUS), ("sim", BETWEEN), ("gim", CORPUS), ("gim", BETWEEN)]
    assert set(found) == {
        (name, module, kind, sound, measure)
        for name, kind in kinds
        for module in (1, 3)
        for sound in ("decoded", "crossfade")
        for measure in TITLES
    }
    for (name, _, kind, sound, measure), row in found.items():
        assert row.low <= row.mean <= row.high
        assert (row.n, row.paths) == ((2, 2) if kind == BETWEEN else (4, 8))
        assert (row.own_minus_it is None) == ((name, sound) == ("sim", "decoded"))
        assert row.mean <= 1 if measure == "same_way" else row.mean >= 1 - 1e-6
    twin, other = (found[name, 3, CORPUS, "decoded", "largest_step"] for name in ("sim", "gim"))
    assert other.own_minus_it[0] == pytest.approx(twin.mean - other.mean)
    assert measure_smoothness(models["sim"], [corpus], [models["gim"]], QUICK)[0] == rows
    assert max(map(len, table(rows))) <= 120


def test_copy_of_a_bundle_has_zero_differences(corpus: Path, models: dict[str, Path]) -> None:
    shutil.copytree(models["sim"], models["sim"].parent / "twin")
    rows, _ = measure_smoothness(models["sim"], [corpus], [models["sim"].parent / "twin"], QUICK)
    twins = [row for row in rows if row.bundle.startswith("twin") and row.sound == "decoded"]
    assert len(twins) == 2 * 3 * len(TITLES)
    assert {row.own_minus_it for row in twins} == {(0.0, 0.0, 0.0)}


def test_unused_latents_give_no_rows(corpus: Path, models: dict[str, Path]) -> None:
    """A decoder whose output does not depend on the latents has no moving paths."""
    model = bundle.load(models["sim"])
    with torch.no_grad():
        model.decoders["3"].stem.weight.zero_()
    bundle.save(models["sim"], model)
    rows, _ = measure_smoothness(models["sim"], [corpus], [], QUICK)
    assert {row.module for row in rows} == {1}


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (["--module", "2"], r"--module 2: sim .* \[1, 3\]"),
        (["--steps", "1"], "--steps is 1"),
        (["--clips", "1"], "--clips is 1"),
        (["--dims", "0"], "--dims is 0"),
    ],
)
def test_invalid_options_give_one_line_errors(
    corpus: Path, models: dict[str, Path], extra: list[str], expected: str, capsys
) -> None:
    command = ["analyse", "smoothness", "--bundle", str(models["sim"]), "--data", str(corpus), "--split", "all"]
    assert main([*command, *extra]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert re.search(expected, message)
