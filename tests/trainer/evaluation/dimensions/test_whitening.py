"""The whiten command on a tiny model."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from trainer import bundle
from trainer.cli.main import main
from trainer.corpus import read_recording, scan


@pytest.fixture
def model(tiny_bundle: Callable[..., Path]) -> Path:
    return tiny_bundle(3)


def test_draws_are_whitened_and_sound_is_kept(model: Path, vowels: Path, capsys) -> None:
    plain, digest = bundle.load(model), bundle.digest(model)
    bundle.write_report(model, bundle.Report.model_validate({"modules": (), "old": 1}))
    command = ["whiten", "--bundle", str(model)]
    assert main([*command, "--data", str(vowels)]) == 0
    assert "standard deviations before" in capsys.readouterr().out
    assert bundle.read_report(model) == bundle.Report()
    white = bundle.load(model)
    waves = [read_recording(recording, 16_000) for recording in scan(vowels)]
    for module in range(3):
        posteriors = [white.encode(wave)[module] for wave in waves]
        means = torch.cat([one.mean for one in posteriors], dim=1)
        covariance = torch.cov(means) + torch.diag(torch.cat([one.logvar.exp() for one in posteriors], 1).mean(1))
        # Fitted on the training recordings only, and covariances of posteriors are dropped
        assert torch.allclose(covariance, torch.eye(len(covariance)), atol=0.3)
        assert means.mean(1).abs().max() < 0.3
    expected = plain.decode(3, plain.encode(waves[0])[2].mean, 8000)
    found = white.decode(3, white.encode(waves[0])[2].mean, 8000)
    assert torch.allclose(found, expected, atol=1e-3 * float(expected.abs().max()))

    once = bundle.digest(model)
    assert main([*command, "--data", str(vowels)]) == 0
    assert bundle.digest(model) == once, "whitened from the trained dimensions, not again"
    assert main([*command, "--undo"]) == 0
    assert bundle.digest(model) == digest


def test_a_rotated_bundle_is_refused(model: Path, vowels: Path, capsys) -> None:
    assert main(["rotate", "--bundle", str(model), "--data", str(vowels)]) == 0
    digest = bundle.digest(model)
    for how in (["--data", str(vowels)], ["--undo"]):
        assert main(["whiten", "--bundle", str(model), *how]) == 1
        assert "remove the rotation first" in capsys.readouterr().err
    assert bundle.digest(model) == digest
