"""Two optimisers as one: each moves what is its own, as it would alone, and both stop and resume together."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon

from tests.trainer.training_runs import TINY
from trainer.model.decoder import make_decoder
from trainer.training.checkpoint import CheckpointError, resume, save_checkpoint
from trainer.training.optimisers import MATRIX_RATE, MuonAndAdamW, decoder_optimiser
from trainer.training.run_folder import set_learning_rate

RATE = 0.01


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 3))


def together(network: nn.Sequential) -> MuonAndAdamW:
    found = decoder_optimiser(network, [network[2].weight], RATE)
    assert isinstance(found, MuonAndAdamW)
    return found


def learn(network: nn.Sequential, *optimisers: torch.optim.Optimizer, steps: int = 3) -> None:
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


def test_each_moves_its_own_as_it_would_alone() -> None:
    one, two = net(), net()
    learn(one, together(one))
    others = [*two[0].parameters(), two[2].bias]
    muon = Muon([two[2].weight], lr=MATRIX_RATE * RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    learn(two, muon, AdamW(others, lr=RATE, betas=(0.8, 0.99), weight_decay=0.01, fused=True))
    assert equal(one, two)
    assert not equal(one, net())


def test_a_step_of_muon_is_even_in_all_directions() -> None:
    """Its singular values are all near those that it says its steps have; the gradient's are far apart."""
    matrix = nn.Parameter(torch.zeros(32, 64))
    optimiser = MuonAndAdamW([matrix], [nn.Parameter(torch.zeros(1))], RATE)
    matrix.grad = torch.randn(32, 64, generator=torch.Generator().manual_seed(0)) @ torch.diag(torch.logspace(0, 1, 64))
    optimiser.step()
    steps = torch.linalg.svdvals(matrix.detach()) / (0.2 * 8 * MATRIX_RATE * RATE)
    assert steps.min() > 0.6
    assert steps.max() < 1.25
    gradient = torch.linalg.svdvals(matrix.grad)
    assert gradient.max() / gradient.min() > 3 * steps.max() / steps.min()


def test_both_stop_and_resume_together(tmp_path: Path) -> None:
    whole, before, after = net(), net(), net()
    learn(whole, together(whole), steps=5)
    first, second = together(before), together(after)
    learn(before, first, steps=2)
    save_checkpoint(tmp_path / "it.checkpoint", before, first, 2, TINY)
    assert resume(tmp_path / "it.checkpoint", after, second, TINY) == (2, None)
    learn(after, second, steps=3)
    assert equal(whole, after)


def test_the_rate_of_matrices_follows_the_schedule_too() -> None:
    network = net()
    optimiser = together(network)
    still = copy.deepcopy(network)
    set_learning_rate(optimiser, 0.0)
    learn(network, optimiser)
    assert equal(network, still)
    set_learning_rate(optimiser, 0.4)
    assert [group["lr"] for group in optimiser.param_groups] == [0.4 * MATRIX_RATE, 0.4]


def test_only_the_blocks_of_a_spectral_decoder_are_hidden() -> None:
    spectral = make_decoder(TINY.decoder, 1, 8, 160)
    names = {id(parameter): name for name, parameter in spectral.named_parameters()}
    assert [names[id(matrix)] for matrix in spectral.hidden_matrices()] == [
        "blocks.0.widen.weight",
        "blocks.0.narrow.weight",
    ]


def test_what_another_optimiser_left_is_told_and_not_read(tmp_path: Path) -> None:
    before, after = net(), net()
    alone = AdamW(before.parameters(), lr=RATE)
    learn(before, alone)
    save_checkpoint(tmp_path / "it.checkpoint", before, alone, 3, TINY)
    with pytest.raises(CheckpointError, match=r"it\.checkpoint was made by another version of the trainer; remove it"):
        resume(tmp_path / "it.checkpoint", after, together(after), TINY)
