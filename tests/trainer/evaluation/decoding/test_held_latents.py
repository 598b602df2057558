"""`analyse held-latents` on models whose held sound is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer import bundle
from trainer.cli.main import main
from trainer.config import preset
from trainer.evaluation.decoding.held_latents import HELD_LATENTS_KEY, measure_held_latents
from trainer.evaluation.selection import select_clips
from trainer.model import Model

RATE = 16_000


@pytest.fixture
def model(tiny_bundle: Callable[..., Path]) -> Path:
    return tiny_bundle(2)


@pytest.mark.parametrize(("hertz", "share"), [(200.0, 1.0), (230.0, 0.0)])
def test_share_is_that_of_the_decoded_pitch(
    vowels: Path, model: Path, monkeypatch: pytest.MonkeyPatch, hertz: float, share: float
) -> None:
    """A decoder of harmonics of `hertz`; its frame rate is 100 Hz."""
    clips = select_clips([vowels], bundle.read_config(model), "all", 12)

    def decode(self: Model, module: int, latents: torch.Tensor, samples: int | None = None) -> torch.Tensor:
        assert (latents == latents[:, :1]).all(), "the latents stand still"
        times = torch.arange(self.geometry[module - 1].samples(latents.shape[1])) / RATE
        return sum(torch.sin(2 * torch.pi * k * hertz * times) / k for k in range(1, 10))

    monkeypatch.setattr(Model, "decode", decode)
    original, held = measure_held_latents(bundle.load(model), clips)
    assert (original.sound, held.sound, held.frame_rate) == ("original", "module 2", 100.0)
    assert held.share == share
    assert held.low <= held.share <= held.high
    assert original.share < 0.3
    assert held.n == len(clips)
    assert held.pitch_error is not None
    # Speakers' pitches are 100 to 190 Hz
    assert held.pitch_error == pytest.approx(12 * np.log2(hertz / 137), abs=3)


def test_command_stores_rows(vowels: Path, model: Path, capsys) -> None:
    command = ["analyse", "held-latents", "--bundle", str(model), "--data", str(vowels), "--split", "all"]
    assert main([*command, "--clips", "4"]) == 0
    assert "at a multiple of it" in capsys.readouterr().out
    assert bundle.read_report(model).model_extra[HELD_LATENTS_KEY][0]["sound"] == "original"


def test_a_bundle_without_decoders_is_refused(vowels: Path, tmp_path: Path) -> None:
    bundle.save(tmp_path / "bare", Model(preset("tiny")))
    clips = select_clips([vowels], bundle.read_config(tmp_path / "bare"), "all", 2)
    with pytest.raises(ValueError, match="fit-decoder"):
        measure_held_latents(bundle.load(tmp_path / "bare"), clips)
