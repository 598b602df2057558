"""Probabilistic probes, linear or with one hidden layer, trained with AdamW and early stopping (arXiv 2312.10019).

Early stopping on the validation cross-entropy keeps the probabilities calibrated enough to bound the information.
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
_EPOCHS, _PATIENCE, _MIN_BATCH_SIZE, _MAX_BATCHES = 100, 5, 128, 16
_LEARNING_RATE, _LINEAR_LEARNING_RATE, _WEIGHT_DECAY = 3e-3, 2e-2, 1e-2
_MIN_DECREASE = 1e-4  # nats; a smaller decrease of the validation loss does not count
_LINEAR_PENALTIES = (0.0, 1e-3, 1e-2)
"""Of half the squared weights of a linear probe. New speakers differ from those of the training set, and without a
penalty the probe is so sure of its errors that its cross-entropy says nothing.
"""


@dataclass(frozen=True)
class TrainedProbe:
    """A probe of features standardised by the training set's `mean` and `sd` [dims]."""

    layers: nn.Sequential
    mean: NDArray[np.float32]
    sd: NDArray[np.float32]

    def standardise(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """`features` [n, dims], standardised."""
        return (features - self.mean) / self.sd

    @torch.inference_mode()
    def __call__(self, features: NDArray[np.float32]) -> Values:
        """Log-probabilities in nats [n, classes] of features [n, dims]."""
        scores = self.layers(torch.from_numpy(self.standardise(features)))
        log_probabilities: Values = scores.log_softmax(1).double().numpy()
        return log_probabilities

    @property
    def weights(self) -> Values:
        """Weights of a linear probe [classes, dims]."""
        return self._last().weight.detach().double().numpy()

    @property
    def biases(self) -> Values:
        """Biases [classes]."""
        return self._last().bias.detach().double().numpy()

    def _last(self) -> nn.Linear:
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        return last


def train_probe(
    features: NDArray[np.float32], classes: Codes, validation: Flags, count: int, hidden: int | None, seed: int = 0
) -> TrainedProbe:
    """Train a probe of `count` classes on `features` [n, dims] and `classes` [n].

    The examples `validation` [n] are used for early stopping and, of a linear probe, to choose the penalty of its
    weights. `hidden` units, or None for a linear probe. The same seed gives the same probe.
    """
    penalties = (0.0,) if hidden is not None else _LINEAR_PENALTIES
    fitted = [_fit(features, classes, validation, count, hidden, penalty, seed) for penalty in penalties]
    return min(fitted, key=lambda one: one[1])[0]


def _fit(
    features: NDArray[np.float32],
    classes: Codes,
    validation: Flags,
    count: int,
    hidden: int | None,
    penalty: float,
    seed: int,
) -> tuple[TrainedProbe, float]:
    """A probe trained with a `penalty`, and its validation loss in nats."""
    train = ~validation
    mean, sd = features[train].mean(0), features[train].std(0)
    share = (np.bincount(classes[train], minlength=count) + 1) / (train.sum() + count)
    layers = _layers(features.shape[1], torch.from_numpy(np.log(share)).float(), hidden, seed)
    probe = TrainedProbe(layers, mean, np.where(sd > 0, sd, 1).astype("f4"))
    inputs, targets = torch.from_numpy(probe.standardise(features)), torch.from_numpy(classes)
    own, held_out = torch.from_numpy(np.flatnonzero(train)), torch.from_numpy(np.flatnonzero(validation))
    rate = _LINEAR_LEARNING_RATE if hidden is None else _LEARNING_RATE
    optimiser = torch.optim.AdamW(layers.parameters(), lr=rate, weight_decay=_WEIGHT_DECAY)
    generator = torch.Generator().manual_seed(seed)
    best, best_state, since = _loss(layers, inputs[held_out], targets[held_out]), copy.deepcopy(layers.state_dict()), 0
    for _ in range(_EPOCHS):
        order = own[torch.randperm(len(own), generator=generator)]
        for batch in torch.split(order, max(_MIN_BATCH_SIZE, -(-len(own) // _MAX_BATCHES))):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(layers(inputs[batch]), targets[batch])
            if penalty:
                loss = loss + penalty / 2 * probe._last().weight.square().sum()
            torch.autograd.backward(loss)
            optimiser.step()
        validation_loss = _loss(layers, inputs[held_out], targets[held_out])
        since += 1
        if validation_loss < best - _MIN_DECREASE:
            best, best_state, since = validation_loss, copy.deepcopy(layers.state_dict()), 0
        if since == _PATIENCE:
            break
    layers.load_state_dict(best_state)
    return probe, best


def _layers(dims: int, log_share: Tensor, hidden: int | None, seed: int) -> nn.Sequential:
    """Layers whose initial prediction is the class prior, so that an untrained probe claims no information."""
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
