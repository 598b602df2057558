"""Two processes that share a batch compute what one process computes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.trainer.training_runs import ON_CPU, TINY, metrics, run_ranks, weights
from trainer import bundle
from trainer.config import Config, override
from trainer.model import Model
from trainer.runtime import distributed
from trainer.training import fit_encoder as fitting
from trainer.training.errors import TrainingError
from trainer.training.fit_decoder import fit_decoder
from trainer.training.fit_encoder import fit

BATCH, CHANNELS, FRAMES = 6, 3, 5


def join_group() -> None:
    torch.distributed.init_process_group("gloo", rank=int(os.environ["RANK"]), world_size=int(os.environ["WORLD_SIZE"]))


def whole_batch() -> torch.Tensor:
    return torch.randn(BATCH, CHANNELS, FRAMES, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 3.0


class Network(nn.Module):
    """Batch norm, and a loss over pairs of samples: each rank has the mean over its own rows."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm
        self.mix = nn.Linear(CHANNELS, CHANNELS, bias=False, dtype=torch.float64)
        with torch.no_grad():
            self.mix.weight.copy_(torch.arange(CHANNELS**2).view(CHANNELS, CHANNELS).sin())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        own = self.mix(self.norm(x.mT).mean(1))
        return (own @ distributed.all_gather(own).T).square().logsumexp(1).mean()


class PlainNorm(nn.BatchNorm1d):
    """torch's batch norm, over (B, L, C)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.mT).mT


def one_step(network: Network, x: torch.Tensor) -> torch.Tensor:
    loss: torch.Tensor = network(x)
    loss.backward()
    return loss.detach()


def step_on_rank(out: Path) -> None:
    join_group()
    network = Network(distributed.FrameBatchNorm(CHANNELS, dtype=torch.float64))
    x = whole_batch()[distributed.rank_slice(BATCH)].requires_grad_()
    loss = one_step(nn.parallel.DistributedDataParallel(network), x)
    noise = [
        distributed.randn((BATCH // 2, n), torch.Generator().manual_seed(1), x.device, torch.float64) for n in (1, 7)
    ]
    with pytest.raises(ValueError, match="batch of 5"):
        distributed.rank_slice(5)
    results = {
        "loss": distributed.mean(loss),
        "gathered": distributed.all_gather(x.detach()),
        "noise": torch.cat([distributed.all_gather(draw) for draw in noise], dim=1),
        # Each rank's loss has a gradient to the inputs of both ranks; these gradients add up, and the loss is the mean.
        "x": distributed.all_gather(x.grad) / distributed.world_size(),
        "ranks": torch.tensor(distributed.all_gather_objects(distributed.rank())),
        **{name: value.grad for name, value in network.named_parameters()},
        **dict(network.named_buffers()),
    }
    torch.save(results, out / f"{distributed.rank()}.pt")
    torch.distributed.destroy_process_group()


def test_collectives_batch_norm_and_noise_equal_those_of_one_process(tmp_path: Path) -> None:
    assert run_ranks(2, step_on_rank, tmp_path) == [0, 0]
    x = whole_batch().requires_grad_()
    network = Network(PlainNorm(CHANNELS, dtype=torch.float64))
    loss = one_step(network, x)
    draws = [torch.randn(BATCH, n, generator=torch.Generator().manual_seed(1), dtype=torch.float64) for n in (1, 7)]
    expected = {
        "loss": loss,
        "gathered": whole_batch(),
        "noise": torch.cat(draws, dim=1),
        "x": x.grad,
        "ranks": torch.tensor([0, 1]),
        **{name: value.grad for name, value in network.named_parameters()},
        **dict(network.named_buffers()),
    }
    assert expected["norm.weight"].abs().max() > 0.01
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        torch.testing.assert_close(found, expected)


def fit_and_save_rank(config: Config, corpus: Path, out: Path, states: Path) -> None:
    """Train, and save the final network of this rank."""
    train = fitting.train

    def train_and_save(fabric: Any, task: Any, *rest: Any) -> bool:
        finished = train(fabric, task, *rest)
        torch.save(task.objective.state_dict(), states / f"{fabric.global_rank}.pt")
        return finished

    fitting.train = train_and_save
    fit(config, [corpus], out, **ON_CPU)


STEADY = override(TINY, {"training.steps": 6, "training.gradient_clip": 0.5})
"""Few steps: Adam amplifies rounding differences."""


KINDS = {
    # The gradient of a bias before batch norm is rounding noise, which Adam scales up.
    "with batch norm": {"encoder.conv_bias": False},
    "in parts": {"encoder.batch_norm": False, "training.accumulate": 2},
    "deterministic, with a context network": {
        "encoder.conv_bias": False,
        "encoder.probabilistic": False,
        "encoder.context": {"hidden": 8},
    },
}


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
def test_two_processes_train_the_encoder_that_one_trains(
    settings: dict[str, Any], corpus: Path, tmp_path: Path
) -> None:
    config = override(STEADY, settings)
    assert run_ranks(2, fit_and_save_rank, config, corpus, tmp_path / "two", tmp_path) == [0, 0]
    ranks = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]
    assert ranks[0].keys() == ranks[1].keys()
    assert all(torch.equal(ranks[0][name], ranks[1][name]) for name in ranks[0])
    assert fit(config, [corpus], tmp_path / "one", **ON_CPU)
    one, two = metrics(tmp_path / "one"), metrics(tmp_path / "two")
    assert [record["step"] for record in one] == [record["step"] for record in two]
    for ours, theirs in zip(one, two, strict=True):
        for name in ours.keys() - {"split", "seconds", "audio_seconds_per_second"}:
            assert theirs[name] == pytest.approx(ours[name], rel=1e-5)
    start, ours, theirs = initial_weights(config), weights(tmp_path / "one"), weights(tmp_path / "two")
    for name in ours:
        torch.testing.assert_close(theirs[name], ours[name], rtol=1e-4, atol=1e-4)
    assert max((ours[name] - start[name]).abs().max().item() for name in start) > 1e-3


def fit_decoder_on_cpu(config: Config, corpus: Path, out: Path) -> None:
    fit_decoder(out, config, 2, [corpus], **ON_CPU)


def test_two_processes_train_the_decoder_that_one_trains(corpus: Path, tmp_path: Path) -> None:
    adversary = {"channels": 2, "windows_seconds": (0.016,)}
    losses = {"decoder_loss.complex": 1.0, "decoder_loss.adversarial": adversary}
    config = override(STEADY, {"decoder_training.steps": 6, **losses})
    for name in ("one", "two"):
        fit(override(STEADY, {"training.steps": 1}), [corpus], tmp_path / name, **ON_CPU)
    assert run_ranks(2, fit_decoder_on_cpu, config, corpus, tmp_path / "two") == [0, 0]
    fit_decoder_on_cpu(config, corpus, tmp_path / "one")
    one, two = metrics(tmp_path / "one", "decoder-2"), metrics(tmp_path / "two", "decoder-2")
    for ours, theirs in zip(one, two, strict=True):
        for name in ours.keys() - {"split", "seconds", "audio_seconds_per_second"}:
            assert theirs[name] == pytest.approx(ours[name], rel=1e-5)


def initial_weights(config: Config) -> dict[str, torch.Tensor]:
    """The weights before the first step."""
    torch.manual_seed(config.training.seed)
    return dict(Model(config).encoder.state_dict())


def fit_diverging(config: Config, corpus: Path, out: Path) -> None:
    with pytest.raises(TrainingError, match="Lower the learning_rate"):
        fit(config, [corpus], out, **ON_CPU)


def fit_uneven_batch(config: Config, corpus: Path, out: Path) -> None:
    with pytest.raises(TrainingError, match=r"batch_size \(4\) must be a multiple of 8"):
        fit(config, [corpus], out, **ON_CPU)


def fit_in_separate_folders(config: Config, corpus: Path, out: Path) -> None:
    with pytest.raises(TrainingError, match="a folder all machines share"):
        fit(config, [corpus], out / os.environ["RANK"], **ON_CPU)


def test_every_process_stops_at_a_non_finite_loss(corpus: Path, tmp_path: Path) -> None:
    diverging = override(
        TINY, {"training.learning_rate": 1e30, "training.warmup_steps": 0, "training.gradient_clip": None}
    )
    assert run_ranks(2, fit_diverging, diverging, corpus, tmp_path) == [0, 0]
    assert not (tmp_path / "run" / "encoder.checkpoint").exists()


def test_batch_that_cannot_be_split_raises(corpus: Path, tmp_path: Path) -> None:
    uneven = override(TINY, {"training.accumulate": 4})
    assert run_ranks(2, fit_uneven_batch, uneven, corpus, tmp_path) == [0, 0]


def test_processes_with_different_checkpoints_raise(corpus: Path, tmp_path: Path) -> None:
    assert fit(override(STEADY, {"training.steps": 5}), [corpus], tmp_path / "0", **ON_CPU)
    assert run_ranks(2, fit_in_separate_folders, STEADY, corpus, tmp_path) == [0, 0]


def test_torchrun_command_of_the_documentation(corpus: Path, tmp_path: Path) -> None:
    torchrun = [
        *(sys.executable, "-m", "torch.distributed.run", "--nnodes", "1", "--nproc-per-node", "2"),
        *("--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "-m"),
    ]
    fit_command = ["trainer", "fit", "--preset", "tiny", "--data", str(corpus), "--accelerator", "cpu"]
    process = subprocess.run(
        [*torchrun, *fit_command, "--steps", "3", "--out", str(tmp_path / "two")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr.count("decode training") == 1, "only the first process shows progress"
    assert bundle.load(tmp_path / "two").modules_count == 3
    assert fit(override(TINY, {"training.steps": 3}), [corpus], tmp_path / "one", **ON_CPU)
    one, two = metrics(tmp_path / "one"), metrics(tmp_path / "two")
    assert [record["loss"] for record in two] == pytest.approx([record["loss"] for record in one], rel=1e-5)
