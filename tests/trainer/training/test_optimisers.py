"""Muon and AdamW behind one optimiser: same steps as each alone, one state, one checkpoint."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from tests.trainer.training_runs import TINY
from trainer.model.decoder import make_decoder
from trainer.training.checkpoint import resume, save_checkpoint
from trainer.training.errors import CheckpointError
from trainer.training.muon import muon_for
from trainer.training.optimisers import MATRIX_RATE, MuonAndAdamW, decoder_optimiser
from trainer.training.schedule import set_learning_rate

RATE = 0.01


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 3))


def combined(network: nn.Sequential) -> MuonAndAdamW:
    optimiser = decoder_optimiser(network, [network[2].weight], RATE)
    assert isinstance(optimiser, MuonAndAdamW)
    return optimiser


def train(network: nn.Sequential, *optimisers: torch.optim.Optimizer, steps: int = 3) -> None:
    for _ in range(steps):
        for optimiser in optimisers:
            optimiser.zero_grad()
        network(torch.linspace(-1, 1, 30).view(5, 6)).square().sum().backward()
        for optimiser in optimisers:
            optimiser.step()


def weights(network: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def equal(first: nn.Module, second: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def test_steps_equal_those_of_each_optimiser_alone() -> None:
    one, two = net(), net()
    train(one, combined(one))
    others = [*two[0].parameters(), two[2].bias]
    muon = muon_for(torch.device("cpu"))(
        [two[2].weight], lr=MATRIX_RATE * RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    train(two, muon, AdamW(others, lr=RATE, betas=(0.8, 0.99), weight_decay=0.01, fused=True))
    assert equal(one, two)
    assert not equal(one, net())


def test_muon_step_has_nearly_equal_singular_values() -> None:
    """Singular values of the step are close to their nominal value; those of the gradient vary widely."""
    matrix = nn.Parameter(torch.zeros(32, 64))
    optimiser = MuonAndAdamW([matrix], [nn.Parameter(torch.zeros(1))], RATE)
    matrix.grad = torch.randn(32, 64, generator=torch.Generator().manual_seed(0)) @ torch.diag(torch.logspace(0, 1, 64))
    optimiser.step()
    steps = torch.linalg.svdvals(matrix.detach()) / (0.2 * 8 * MATRIX_RATE * RATE)
    assert steps.min() > 0.6
    assert steps.max() < 1.25
    gradient = torch.linalg.svdvals(matrix.grad)
    assert gradient.max() / gradient.min() > 3 * steps.max() / steps.min()


def test_resume_restores_both_optimisers(tmp_path: Path) -> None:
    uninterrupted, before, after = net(), net(), net()
    train(uninterrupted, combined(uninterrupted), steps=5)
    first, second = combined(before), combined(after)
    train(before, first, steps=2)
    save_checkpoint(tmp_path / "x.checkpoint", before, first, 2, TINY)
    assert resume(tmp_path / "x.checkpoint", after, second, TINY) == (2, None)
    train(after, second, steps=3)
    assert equal(uninterrupted, after)


def test_schedule_scales_the_rate_of_matrices() -> None:
    network = net()
    optimiser = combined(network)
    unchanged = copy.deepcopy(network)
    set_learning_rate(optimiser, 0.0)
    train(network, optimiser)
    assert equal(network, unchanged)
    set_learning_rate(optimiser, 0.4)
    assert [group["lr"] for group in optimiser.param_groups] == [0.4 * MATRIX_RATE, 0.4]


def test_hidden_matrices_of_a_spectral_decoder_are_those_of_its_blocks() -> None:
    spectral = make_decoder(TINY.decoder, 1, 8, 160)
    names = {id(parameter): name for name, parameter in spectral.named_parameters()}
    assert [names[id(matrix)] for matrix in spectral.hidden_matrices()] == [
        "blocks.0.widen.weight",
        "blocks.0.narrow.weight",
    ]


def test_checkpoint_of_another_optimiser_raises(tmp_path: Path) -> None:
    before, after = net(), net()
    adamw = AdamW(before.parameters(), lr=RATE)
    train(before, adamw)
    save_checkpoint(tmp_path / "x.checkpoint", before, adamw, 3, TINY)
    with pytest.raises(CheckpointError, match=r"x\.checkpoint was made by another version of the trainer; remove it"):
        resume(tmp_path / "x.checkpoint", after, combined(after), TINY)
