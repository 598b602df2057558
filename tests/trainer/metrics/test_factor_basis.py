"""A basis that follows factors: on latents that are a known turn of known factors, and by command on a tiny model."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.vowel_corpus import speak_vowels
from trainer import bundle
from trainer.cli.main import main
from trainer.config import preset
from trainer.evaluation.dimensions.rotation import ALIGNMENT_KEY
from trainer.metrics.latents.factor_basis import FactorTarget, aligned_basis
from trainer.model import Model

N, DIMS = 4000, 7
RNG = np.random.default_rng(0)
TURN = np.linalg.qr(RNG.normal(size=(DIMS, DIMS)))[0]
PITCH = RNG.normal(size=N)
VOICED = RNG.random(N) < 0.7
VOWEL = RNG.integers(3, size=N)
CORNERS = 3 * np.array([[np.cos(angle), np.sin(angle)] for angle in 2 * np.pi * np.arange(3) / 3])
EVERY = np.arange(N)


def latents() -> np.ndarray:
    """Pitch, voicing, a triangle of vowels in a plane, and three dimensions of noise (sd 3, 2, 1), turned together."""
    told = [PITCH, 2.0 * VOICED, *CORNERS[VOWEL].T, 3 * RNG.normal(size=N), 2 * RNG.normal(size=N), RNG.normal(size=N)]
    noise = 0.1 * RNG.normal(size=(N, DIMS))
    return (np.stack(told, axis=1) + noise) @ TURN.T


def targets() -> list[FactorTarget]:
    voiced = np.where(VOICED, "voiced", "voiceless")
    return [
        FactorTarget("f0", 1, EVERY[VOICED], PITCH[VOICED]),
        FactorTarget("voicing", 1, EVERY, voiced),
        FactorTarget("vowel", 2, EVERY, np.array(["a", "i", "u"])[VOWEL]),
    ]


@pytest.fixture(scope="module")
def found() -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    values = latents()
    basis, followed = aligned_basis(values, targets())
    return values, basis, followed


def test_the_first_axes_are_the_factors_own(found) -> None:
    _, basis, followed = found
    assert followed == ("f0", "voicing", "vowel", "vowel")
    assert basis @ basis.T == pytest.approx(np.eye(DIMS), abs=1e-10)
    along = basis @ TURN  # each axis in the terms of the factors
    assert along[0, 0] == pytest.approx(1, abs=0.01), "upward in pitch"
    assert along[1, 1] == pytest.approx(1, abs=0.01), "upward to voiced, of which there are more"
    assert np.linalg.norm(along[2:4, 2:4]) == pytest.approx(np.sqrt(2), abs=0.02)


def test_what_is_left_is_told_by_variance(found) -> None:
    values, basis, _ = found
    assert (values @ basis[4:].T).std(0) == pytest.approx([3, 2, 1], rel=0.05)
    assert np.abs(np.diag((basis @ TURN)[4:, 4:])) == pytest.approx([1, 1, 1], abs=0.02)


def test_the_same_latents_give_the_same_basis(found) -> None:
    values, basis, _ = found
    assert np.array_equal(aligned_basis(values, targets())[0], basis)


def test_what_is_one_and_the_same_is_passed_over_and_no_axis_is_taken_twice() -> None:
    values = latents()
    constant = [FactorTarget("f0", 1, EVERY, np.ones(N)), FactorTarget("voicing", 1, EVERY, np.full(N, "voiced"))]
    basis, followed = aligned_basis(values, constant)
    assert followed == ()
    assert (values @ basis.T).std(0) == pytest.approx(np.sqrt(np.linalg.eigvalsh(np.cov(values.T))[::-1]), rel=1e-3)
    many = [FactorTarget(f"f{k}", 2, EVERY, RNG.normal(size=N)) for k in range(9)]
    basis, followed = aligned_basis(values, many)
    assert followed == tuple(f"f{k}" for k in range(DIMS)), "a quantity has one direction"
    assert basis @ basis.T == pytest.approx(np.eye(DIMS), abs=1e-10)
    names = np.array(list("abcdefghi"))[RNG.integers(9, size=N)]
    basis, followed = aligned_basis(values, [FactorTarget("phone", 99, EVERY, names), *targets()])
    assert followed == ("phone",) * DIMS


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


def test_the_command_turns_a_bundle_and_turns_it_back(model: Path, corpus: Path, capsys) -> None:
    before = bundle.digest(model)
    bundle.write_report(model, bundle.Report(modules=()))
    command = ["rotate", "--bundle", str(model)]
    assert main([*command, "--data", str(corpus)]) == 0
    told = bundle.read_report(model).model_extra[ALIGNMENT_KEY]
    assert told["axes"]["1"][0] == "f0"
    assert "consonant" not in told["axes"]["1"], "there is none"
    rows = {(row["module"], row["factor"]): row for row in told["rows"]}
    vowel = rows[1, "vowel"]
    assert 0 < vowel["aligned"]["low"] < vowel["aligned"]["bits"] < vowel["entropy"]
    assert vowel["groups"] <= 8, "a fifth of the 40: the axes were found on the others"
    assert capsys.readouterr().out.splitlines()[0].split() == (
        ["module", "factor", "of", "as", "trained,", "most", "bits", "in", "dimension", "along", "the", "axes"]
    )
    turned = bundle.digest(model)
    assert turned != before

    assert main([*command, "--data", str(corpus)]) == 0
    assert bundle.digest(model) == turned, "from the dimensions it was trained with, whatever it had"
    assert main([*command, "--undo"]) == 0
    assert bundle.digest(model) == before
    assert ALIGNMENT_KEY not in (bundle.read_report(model).model_extra or {})


def test_recordings_of_which_nothing_is_known_are_refused(model: Path, corpus: Path, tmp_path: Path, capsys) -> None:
    silent = tmp_path / "silent"
    silent.mkdir()
    for number in range(4):
        (silent / f"{number}.wav").write_bytes((corpus / "0.wav").read_bytes()[:44] + bytes(19_200))
    assert main(["rotate", "--bundle", str(model), "--data", str(silent)]) == 1
    assert "is known of these recordings, so there is nothing to follow" in capsys.readouterr().err
    assert not (model / "axes.safetensors").exists()
