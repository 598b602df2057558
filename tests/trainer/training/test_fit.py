"""Training of encoders and decoders on a small synthetic corpus."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.trainer.training_runs import ON_CPU, TINY, equal_weights, metrics, weights
from trainer import bundle
from trainer.config import override, preset
from trainer.model import Model
from trainer.objectives import InfoMaxObjective
from trainer.training.errors import CheckpointError, TrainingError
from trainer.training.fit_decoder import DecoderObjective, fit_decoder
from trainer.training.fit_encoder import fit
from trainer.training.schedule import learning_rate


def test_same_seed_gives_the_same_weights(corpus: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert fit(TINY, [corpus], tmp_path / name, **ON_CPU)
    assert equal_weights(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert fit(override(TINY, {"training.seed": 1}), [corpus], tmp_path / "c", **ON_CPU)
    assert not equal_weights(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_run_writes_a_bundle_with_provenance_and_metrics(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    header = bundle.read_config(tmp_path)
    (note,) = header.provenance.corpora
    assert note.recordings + len(note.held_out) == 8
    assert len(note.held_out) == 2
    assert bundle.load(tmp_path).modules_count == 3
    records = metrics(tmp_path)
    assert [record["step"] for record in records if record["split"] == "validation"] == [5, 10, 12]
    assert all(len(record["info_nce"]) == 3 and len(record["kl"]) == 3 for record in records)


def test_validation_info_nce_falls_below_chance(corpus: Path, tmp_path: Path) -> None:
    """Chance level is the log of the number of candidates, at every module."""
    modules = [{**module.model_dump(), "hidden": 32, "dims": 16} for module in TINY.encoder.modules]
    settings = {
        "encoder.modules": modules,
        "training.steps": 120,
        "training.batch_size": 16,
        "training.learning_rate": 3e-3,
        "training.checkpoint_every": 120,
    }
    fit(override(TINY, settings), [corpus], tmp_path, **ON_CPU)
    chance = np.log(TINY.objective.negatives + 1)
    assert max(metrics(tmp_path)[-1]["info_nce"]) < chance - 0.05


def test_ctrl_c_keeps_a_checkpoint_and_the_same_command_resumes(corpus: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "trainer",
        "fit",
        "--preset",
        "tiny",
        "--data",
        str(corpus),
        "--out",
        str(tmp_path / "m"),
        "--accelerator",
        "cpu",
    ]
    running = subprocess.Popen([*command, "--steps", "100000"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / "m" / "run" / "encoder.checkpoint").exists():
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, output = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in output
    [stopped] = map(int, re.findall(r"stopped after step (\d+); run the same command to resume", output))
    resumed = subprocess.run([*command, "--steps", str(stopped + 3)], capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    assert metrics(tmp_path / "m")[-1]["step"] == stopped + 3
    assert bundle.load(tmp_path / "m").modules_count == 3


def test_decoders_are_added_to_the_bundle_and_the_encoder_is_unchanged(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    before = weights(tmp_path)
    longer = override(TINY, {"decoder_training.steps": 60})
    for module in (1, 3):
        assert fit_decoder(tmp_path, longer, module, [corpus], **ON_CPU)
    assert equal_weights(before, weights(tmp_path))
    model = bundle.load(tmp_path)
    assert [model.has_decoder(module) for module in (1, 2, 3)] == [True, False, True]
    assert model.config.decoder_training.steps == 60
    losses = [record["loss"] for record in metrics(tmp_path, "decoder-3") if record["split"] == "validation"]
    assert losses[-1] < losses[0]
    wider = override(longer, {"decoder.width": 24})
    with pytest.raises(TrainingError, match="other decoder settings"):
        fit_decoder(tmp_path, wider, 2, [corpus], **ON_CPU)


def test_adversarial_decoder_training_saves_no_discriminator(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    adversary = {"channels": 2, "windows_seconds": (0.016,)}
    adversarial = override(TINY, {"decoder_loss.adversarial": adversary, "decoder_loss.complex": 0.5})
    assert fit_decoder(tmp_path, adversarial, 3, [corpus], **ON_CPU)
    (last,) = (record for record in metrics(tmp_path, "decoder-3")[-1:])
    assert {"log_mel", "stft", "complex", "generator_loss", "matching", "discriminator"} <= last.keys()
    reconstruction = last["log_mel"] + last["stft"] + 0.5 * last["complex"]
    assert last["loss"] == pytest.approx(
        reconstruction + 0.1 * last["generator_loss"] + last["matching"] + last["discriminator"], rel=1e-4
    )
    decoder = bundle.load(tmp_path).decoders["3"]
    assert set(load_file(tmp_path / "decoder-3.safetensors")) == set(decoder.state_dict())


def test_resuming_with_other_settings_raises(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    with pytest.raises(CheckpointError, match="other settings"):
        fit(override(TINY, {"training.learning_rate": 0.5}), [corpus], tmp_path, **ON_CPU)


def test_diverged_loss_raises_with_advice(corpus: Path, tmp_path: Path) -> None:
    diverging = override(
        TINY,
        {
            "training.learning_rate": 1e30,
            "training.warmup_steps": 0,
            "training.gradient_clip": None,
            "training.steps": 20,
        },
    )
    with pytest.raises(TrainingError, match="learning_rate"):
        fit(diverging, [corpus], tmp_path, **ON_CPU)
    assert not (tmp_path / "run" / "encoder.checkpoint").exists(), "non-finite weights were saved"


@pytest.mark.parametrize("name", ["demo", "sim", "sim-plus", "gim"])
def test_preset_trains_encoder_and_decoders(name: str, corpus: Path, tmp_path: Path) -> None:
    tree = preset(name).model_dump()
    modules = [{**module, "hidden": 8, "dims": 8} for module in tree["encoder"]["modules"]]
    if modules[0]["filterbank"] is not None:
        modules[0]["filterbank"]["filters"] = 8  # the width of the residual convolutions
    small = {
        "encoder.modules": modules,
        "training.steps": 2,
        "training.batch_size": 2,
        "decoder_training.steps": 2,
        "decoder_training.batch_size": 2,
        **({"decoder.channels": 4} if tree["decoder"]["kind"] == "paper" else {"decoder.width": 8}),
    }
    config = override(preset(name), small)
    assert fit(config, [corpus], tmp_path, **ON_CPU)
    for module in (1, 2, 3):
        assert fit_decoder(tmp_path, config, module, [corpus], **ON_CPU)
    assert ("kl" in metrics(tmp_path)[-1]) == (name != "gim")
    assert ("context_info_nce" in metrics(tmp_path)[-1]) == (name in ("sim", "gim"))
    assert ("pooled_info_nce" in metrics(tmp_path)[-1]) == (name == "sim-plus")


def test_learning_rate_schedule() -> None:
    training = preset("demo").training
    rates = [learning_rate(training, step) for step in range(training.steps)]
    assert rates[training.warmup_steps] == pytest.approx(training.learning_rate)
    assert rates[0] < rates[training.warmup_steps // 2] < rates[training.warmup_steps]
    assert rates[-1] == pytest.approx(training.learning_rate * training.final_learning_rate, rel=0.01)
    constant = preset("sim").training
    assert {learning_rate(constant, step) for step in (0, 100, constant.steps)} == {constant.learning_rate}


class RecordingDecoder(torch.nn.Module):
    """A decoder that stores its latents and returns silence."""

    def forward(self, latents: torch.Tensor, samples: int) -> torch.Tensor:
        self.latents = latents
        return latents.new_zeros(len(latents), samples)


def test_decoders_train_on_the_latents_of_encode_at_any_precision() -> None:
    config = override(TINY, {"decoder_loss.min_noise_scale": 1.0})
    model = Model(config).eval()
    decoder = RecordingDecoder()
    objective = DecoderObjective(config, model.encoder, decoder, 3)
    crops = torch.randn(2, 5120, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.autocast("cpu", torch.bfloat16):
        objective(crops, torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model.encoder(crops)[2].sample(torch.Generator().manual_seed(1))
    assert torch.equal(decoder.latents, expected)


def test_noise_scale_of_decoder_latents_is_uniform_above_its_minimum() -> None:
    model = Model(TINY).eval()
    decoder = RecordingDecoder()
    crops = torch.randn(64, 5120, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.no_grad():
        posterior = model.encoder(crops)[2]
    sample = posterior.sample(torch.Generator().manual_seed(1))
    for minimum in (0.0, 0.5):
        config = override(TINY, {"decoder_loss.min_noise_scale": minimum})
        DecoderObjective(config, model.encoder, decoder, 3)(crops, torch.Generator().manual_seed(1))
        scales = (decoder.latents - posterior.mean).flatten(1).norm(dim=1) / (sample - posterior.mean).flatten(1).norm(
            dim=1
        )
        assert minimum <= scales.min() < minimum + 0.1
        assert 0.9 < scales.max() <= 1


def test_mixed_precision_keeps_the_waveform_in_float32(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []
    forward = InfoMaxObjective.forward

    def record(self, waveform: torch.Tensor, generator: torch.Generator):
        seen.append((waveform.dtype, torch.is_autocast_enabled("cpu")))
        return forward(self, waveform, generator)

    monkeypatch.setattr(InfoMaxObjective, "forward", record)
    mixed = override(TINY, {"training.precision": "bf16-mixed", "training.steps": 1})
    assert fit(mixed, [corpus], tmp_path, **ON_CPU)
    assert seen[0] == (torch.float32, True)
    assert {dtype for dtype, _ in seen} == {torch.float32}
