"""Probes that answer with probabilities, linear or with one hidden layer, trained as arXiv 2312.10019 does: AdamW, and
stopped where the cross-entropy on examples kept aside no longer falls, so that it is worth believing as a bound.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
HIDDEN = 128
FAMILIES = {"linear": None, "one hidden layer": HIDDEN}
_EPOCHS, _PATIENCE, _LEAST_BATCH, _MOST_BATCHES = 100, 5, 128, 16
_LEARNING_RATE, _LINEAR_LEARNING_RATE, _WEIGHT_DECAY = 3e-3, 2e-2, 1e-2
_FALL = 1e-4  # nats, that count as such


@dataclass(frozen=True)
class TrainedProbe:
    """Takes features [n, dims] of the training part's mean and sd to log-probabilities (nats) [n, classes]."""

    layers: nn.Sequential
    mean: NDArray[np.float32]
    sd: NDArray[np.float32]

    def standardise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return (features - self.mean) / self.sd

    @torch.inference_mode()
    def __call__(self, features: NDArray[np.float32]) -> Values:
        answers: Values = self.layers(torch.from_numpy(self.standardise(features))).log_softmax(1).double().numpy()
        return answers

    @property
    def weights(self) -> Values:
        """Of a linear probe [classes, dims]."""
        return self._last().weight.detach().double().numpy()

    @property
    def biases(self) -> Values:
        """[classes]"""
        return self._last().bias.detach().double().numpy()

    def _last(self) -> nn.Linear:
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        return last


def train_probe(
    features: NDArray[np.float32], classes: Codes, kept_aside: Flags, count: int, hidden: int | None, seed: int = 0
) -> TrainedProbe:
    """Learn `count` classes [n] from features [n, dims], but for those `kept_aside` [n], which say when to stop.

    `hidden` units, or None for a linear probe. The same seed gives the same probe.
    """
    learnt = ~kept_aside
    mean, sd = features[learnt].mean(0), features[learnt].std(0)
    share = (np.bincount(classes[learnt], minlength=count) + 1) / (learnt.sum() + count)
    layers = _layers(features.shape[1], torch.from_numpy(np.log(share)).float(), hidden, seed)
    probe = TrainedProbe(layers, mean, np.where(sd > 0, sd, 1).astype("f4"))
    inputs, targets = torch.from_numpy(probe.standardise(features)), torch.from_numpy(classes)
    own, aside = torch.from_numpy(np.flatnonzero(learnt)), torch.from_numpy(np.flatnonzero(kept_aside))
    rate = _LINEAR_LEARNING_RATE if hidden is None else _LEARNING_RATE
    optimiser = torch.optim.AdamW(layers.parameters(), lr=rate, weight_decay=_WEIGHT_DECAY)
    generator = torch.Generator().manual_seed(seed)
    best, best_state, since = _loss(layers, inputs[aside], targets[aside]), copy.deepcopy(layers.state_dict()), 0
    for _ in range(_EPOCHS):
        order = own[torch.randperm(len(own), generator=generator)]
        for batch in torch.split(order, max(_LEAST_BATCH, -(-len(own) // _MOST_BATCHES))):
            optimiser.zero_grad()
            torch.autograd.backward(nn.functional.cross_entropy(layers(inputs[batch]), targets[batch]))
            optimiser.step()
        loss = _loss(layers, inputs[aside], targets[aside])
        since += 1
        if loss < best - _FALL:
            best, best_state, since = loss, copy.deepcopy(layers.state_dict()), 0
        if since == _PATIENCE:
            break
    layers.load_state_dict(best_state)
    return probe


def _layers(dims: int, log_share: Tensor, hidden: int | None, seed: int) -> nn.Sequential:
    """Which at first answer with how frequent the classes are: so a probe that learns nothing claims nothing."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        first = [] if hidden is None else [nn.Linear(dims, hidden), nn.ReLU()]
        last = nn.Linear(hidden or dims, len(log_share))
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(log_share)
    return nn.Sequential(*first, last)


@torch.inference_mode()
def _loss(layers: nn.Sequential, inputs: Tensor, targets: Tensor) -> float:
    return float(nn.functional.cross_entropy(layers(inputs), targets))
