"""The loops on a small corpus of made-up speech-like recordings."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from trainer import bundle
from trainer.checkpoint import CheckpointError
from trainer.config import override, preset
from trainer.fit import fit
from trainer.fit_decoder import DecoderObjective, fit_decoder
from trainer.model import Model
from trainer.objectives import SIMObjective
from trainer.progress import MetricsLog
from trainer.run import TrainingError, learning_rate

TINY = override(preset("tiny"), {"training.steps": 12, "decoder_training.steps": 12})
ON_CPU = {"accelerator": "cpu", "devices": 1}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight recordings in which buzz, hiss and silence take turns every 0.2 s: what comes in 10 to 100 ms is mostly
    what there is now.
    """
    folder, rng, rate = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0), 16_000
    for index in range(8):
        time_axis = np.arange(rate) / rate
        buzz = np.sign(np.sin(2 * np.pi * (100 + 20 * index) * time_axis))
        sounds = np.stack([buzz, rng.normal(size=rate), 0.01 * rng.normal(size=rate)])
        turns = np.repeat(rng.integers(3, size=5), rate // 5)
        soundfile.write(folder / f"voice{index}.wav", 0.2 * sounds[turns, np.arange(rate)].clip(-4, 4), rate)
    return folder


def weights(path: Path, name: str = "encoder") -> dict[str, torch.Tensor]:
    return load_file(path / f"{name}.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def metrics(path: Path, name: str = "encoder") -> list[dict]:
    return [json.loads(line) for line in (path / "run" / f"{name}.jsonl").read_text().splitlines()]


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


def test_a_run_cut_short_resumes_to_the_same_weights(corpus: Path, tmp_path: Path) -> None:
    fit(TINY, [corpus], tmp_path / "whole", **ON_CPU)
    # A stop after five of the twelve steps: what a killed process leaves is its last checkpoint.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    script = (
        "import sys, trainer.loop as loop\n"
        "from trainer.fit import fit\n"
        "from pathlib import Path\n"
        "from trainer.config import Config\n"
        "kept = loop.save_checkpoint\n"
        "def save_and_die(*a):\n    kept(*a); import os; os._exit(9)\n"
        "loop.save_checkpoint = save_and_die\n"
        "config = Config.model_validate_json(sys.argv[1])\n"
        "fit(config, [Path(sys.argv[2])], Path(sys.argv[3]), accelerator='cpu', devices=1)\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, TINY.model_dump_json(), str(corpus), str(tmp_path / "cut")],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert died.returncode == 9, died.stderr.decode()
    assert not (tmp_path / "cut" / "encoder.safetensors").exists()
    assert fit(TINY, [corpus], tmp_path / "cut", **ON_CPU)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert [record["step"] for record in metrics(tmp_path / "cut") if record["side"] == "validation"] == [5, 10, 12]


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


@pytest.mark.parametrize("name", ["demo", "sim", "gim"])
def test_every_preset_steps(name: str, corpus: Path, tmp_path: Path) -> None:
    tree = preset(name).model_dump()
    small = {
        "encoder.modules": [{**module, "hidden": 8, "dims": 8} for module in tree["encoder"]["modules"]],
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
    assert ("context_info_nce" in metrics(tmp_path)[-1]) == (name != "demo")


def test_learning_rate_schedule() -> None:
    training = preset("demo").training
    rates = [learning_rate(training, step) for step in range(training.steps)]
    assert rates[training.warmup_steps] == pytest.approx(training.learning_rate)
    assert rates[0] < rates[training.warmup_steps // 2] < rates[training.warmup_steps]
    assert rates[-1] == pytest.approx(training.learning_rate * training.final_learning_rate, rel=0.01)
    constant = preset("sim").training
    assert {learning_rate(constant, step) for step in (0, 100, constant.steps)} == {constant.learning_rate}


def test_metrics_log_drops_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    log = MetricsLog(file, 0)
    for step in (1, 2, 3):
        log.write(step, loss=0.0)
    file.write_text(file.read_text() + '{"step": 4, "lo')
    MetricsLog(file, 2).write(3, loss=1.0)
    assert [json.loads(line)["step"] for line in file.read_text().splitlines()] == [1, 2, 3]


class Listener(torch.nn.Module):
    """Stands where a decoder does, and keeps the latents it is given."""

    def forward(self, latents: torch.Tensor, samples: int) -> torch.Tensor:
        self.latents = latents
        return latents.new_zeros(len(latents), samples)


def test_decoders_learn_from_the_latents_that_encode_gives_whatever_the_precision() -> None:
    model = Model(TINY).eval()
    listener = Listener()
    objective = DecoderObjective(TINY, model.encoder, listener, 3)
    crops = torch.randn(2, 5120, generator=torch.Generator().manual_seed(0)) * 0.1
    with torch.autocast("cpu", torch.bfloat16):
        objective(crops, torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model.encoder(crops)[2].sample(torch.Generator().manual_seed(1))
    assert torch.equal(listener.latents, expected)


def test_mixed_precision_leaves_the_waveform_as_it_is(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []
    forward = SIMObjective.forward

    def listen(self, waveform: torch.Tensor, generator: torch.Generator):
        seen.append((waveform.dtype, torch.is_autocast_enabled("cpu")))
        return forward(self, waveform, generator)

    monkeypatch.setattr(SIMObjective, "forward", listen)
    mixed = override(TINY, {"training.precision": "bf16-mixed", "training.steps": 1})
    assert fit(mixed, [corpus], tmp_path, **ON_CPU)
    assert seen[0] == (torch.float32, True)
    assert {dtype for dtype, _ in seen} == {torch.float32}
