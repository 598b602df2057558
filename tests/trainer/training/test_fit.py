"""The loops on a small corpus of made-up speech-like recordings."""

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

from tests.trainer.training_runs import ON_CPU, TINY, metrics, same, weights
from trainer import bundle
from trainer.config import override, preset
from trainer.model import Model
from trainer.objectives import InfoMaxObjective
from trainer.training.checkpoint import CheckpointError
from trainer.training.fit_decoder import DecoderObjective, fit_decoder
from trainer.training.fit_encoder import fit
from trainer.training.run_folder import TrainingError, learning_rate


def test_the_same_seed_gives_the_same_bundle(corpus: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert fit(TINY, [corpus], tmp_path / name, **ON_CPU)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert fit(override(TINY, {"training.seed": 1}), [corpus], tmp_path / "c", **ON_CPU)
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_a_run_leaves_a_bundle_with_provenance_and_metrics(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    header = bundle.read_config(tmp_path)
    (note,) = header.provenance.corpora
    assert note.recordings + len(note.held_out) == 8
    assert len(note.held_out) == 2
    assert bundle.load(tmp_path).modules_count == 3
    records = metrics(tmp_path)
    assert [record["step"] for record in records if record["side"] == "validation"] == [5, 10, 12]
    assert all(len(record["info_nce"]) == 3 and len(record["kl"]) == 3 for record in records)


def test_training_learns(corpus: Path, tmp_path: Path) -> None:
    """Validation InfoNCE falls under the log of the number of candidates, which is what a useless predictor costs, at
    every module.
    """
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


def test_ctrl_c_keeps_a_checkpoint_and_the_command_resumes(corpus: Path, tmp_path: Path) -> None:
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
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
    [stopped] = map(int, re.findall(r"stopped after step (\d+); the same command goes on from here", said))
    again = subprocess.run([*command, "--steps", str(stopped + 3)], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert metrics(tmp_path / "m")[-1]["step"] == stopped + 3
    assert bundle.load(tmp_path / "m").modules_count == 3


def test_decoders_join_the_bundle_and_leave_the_encoder_alone(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    before = weights(tmp_path)
    longer = override(TINY, {"decoder_training.steps": 60})
    for module in (1, 3):
        assert fit_decoder(tmp_path, longer, module, [corpus], **ON_CPU)
    assert same(before, weights(tmp_path))
    model = bundle.load(tmp_path)
    assert [model.has_decoder(module) for module in (1, 2, 3)] == [True, False, True]
    assert model.config.decoder_training.steps == 60
    losses = [record["loss"] for record in metrics(tmp_path, "decoder-3") if record["side"] == "validation"]
    assert losses[-1] < losses[0]
    wider = override(longer, {"decoder.width": 24})
    with pytest.raises(TrainingError, match="other decoder settings"):
        fit_decoder(tmp_path, wider, 2, [corpus], **ON_CPU)


def test_a_decoder_learns_against_a_listener_that_no_bundle_keeps(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    adversary = {"channels": 2, "windows_seconds": (0.016,)}
    rival = override(TINY, {"decoder_loss.adversarial": adversary, "decoder_loss.complex": 0.5})
    assert fit_decoder(tmp_path, rival, 3, [corpus], **ON_CPU)
    (last,) = (record for record in metrics(tmp_path, "decoder-3")[-1:])
    assert {"log_mel", "stft", "complex", "deceit", "matching", "discriminator"} <= last.keys()
    plain = last["log_mel"] + last["stft"] + 0.5 * last["complex"]
    assert last["loss"] == pytest.approx(
        plain + 0.1 * last["deceit"] + last["matching"] + last["discriminator"], rel=1e-4
    )
    decoder = bundle.load(tmp_path).decoders["3"]
    assert set(load_file(tmp_path / "decoder-3.safetensors")) == set(decoder.state_dict())


def test_other_settings_do_not_resume_silently(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path, **ON_CPU)
    with pytest.raises(CheckpointError, match="other settings"):
        fit(override(TINY, {"training.learning_rate": 0.5}), [corpus], tmp_path, **ON_CPU)


def test_a_loss_that_is_no_number_stops_with_advice(corpus: Path, tmp_path: Path) -> None:
    wild = override(
        TINY,
        {
            "training.learning_rate": 1e30,
            "training.warmup_steps": 0,
            "training.gradient_clip": None,
            "training.steps": 20,
        },
    )
    with pytest.raises(TrainingError, match="learning_rate"):
        fit(wild, [corpus], tmp_path, **ON_CPU)
    assert not (tmp_path / "run" / "encoder.checkpoint").exists(), "weights that are no numbers were kept"


@pytest.mark.parametrize("name", ["demo", "sim", "sim-plus", "gim"])
def test_every_preset_steps(name: str, corpus: Path, tmp_path: Path) -> None:
    tree = preset(name).model_dump()
    modules = [{**module, "hidden": 8, "dims": 8} for module in tree["encoder"]["modules"]]
    if modules[0]["filterbank"] is not None:
        modules[0]["filterbank"]["filters"] = 8  # as wide as the rest, for convolutions that add to their input
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


class Listener(torch.nn.Module):
    """Stands where a decoder does, and keeps the latents it is given."""

    def forward(self, latents: torch.Tensor, samples: int) -> torch.Tensor:
        self.latents = latents
        return latents.new_zeros(len(latents), samples)


def test_decoders_learn_from_the_latents_that_encode_gives_whatever_the_precision() -> None:
    config = override(TINY, {"decoder_loss.least_spread": 1.0})
    model = Model(config).eval()
    listener = Listener()
    objective = DecoderObjective(config, model.encoder, listener, 3)
    crops = torch.randn(2, 5120, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.autocast("cpu", torch.bfloat16):
        objective(crops, torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model.encoder(crops)[2].sample(torch.Generator().manual_seed(1))
    assert torch.equal(listener.latents, expected)


def test_decoders_learn_from_means_and_from_what_lies_around_them() -> None:
    model = Model(TINY).eval()
    listener = Listener()
    crops = torch.randn(64, 5120, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.no_grad():
        posterior = model.encoder(crops)[2]
    sample = posterior.sample(torch.Generator().manual_seed(1))
    for least in (0.0, 0.5):
        config = override(TINY, {"decoder_loss.least_spread": least})
        DecoderObjective(config, model.encoder, listener, 3)(crops, torch.Generator().manual_seed(1))
        shares = (listener.latents - posterior.mean).flatten(1).norm(dim=1) / (sample - posterior.mean).flatten(1).norm(
            dim=1
        )
        assert least <= shares.min() < least + 0.1
        assert 0.9 < shares.max() <= 1


def test_mixed_precision_leaves_the_waveform_as_it_is(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []
    forward = InfoMaxObjective.forward

    def listen(self, waveform: torch.Tensor, generator: torch.Generator):
        seen.append((waveform.dtype, torch.is_autocast_enabled("cpu")))
        return forward(self, waveform, generator)

    monkeypatch.setattr(InfoMaxObjective, "forward", listen)
    mixed = override(TINY, {"training.precision": "bf16-mixed", "training.steps": 1})
    assert fit(mixed, [corpus], tmp_path, **ON_CPU)
    assert seen[0] == (torch.float32, True)
    assert {dtype for dtype, _ in seen} == {torch.float32}
