"""Fingerprints of channels: Bhattacharyya coefficients between the posteriors of all pairs of samples.

A channel (one latent dimension of one model) is a soft clustering of the samples. Its fingerprint over N samples
(Murphy, Dillavou and Bassett, arXiv 2405.21042) is 1 for pairs with equal posteriors and 0 for pairs that one draw
distinguishes. The coefficients of a joint channel are the product of its parts'. A label is a channel with coefficient
1 within a class and 0 otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Values = NDArray[np.floating]
Codes = NDArray[np.int64]


class Fingerprints(Protocol):
    """`count` channels over the same `samples`; coefficients are computed row by row to bound memory."""

    @property
    def samples(self) -> int: ...

    @property
    def count(self) -> int: ...

    def row(self, sample: int, others: Tensor) -> Tensor:
        """Coefficients of `sample` with the samples `others` [m] -> [count, m]."""
        ...


class GaussianFingerprints:
    """Fingerprints of Gaussian posteriors `mean` and `logvar` [channels, N].

    Raises ValueError for unequal shapes or non-finite numbers.
    """

    def __init__(self, mean: Values, logvar: Values, dtype: torch.dtype = torch.float32) -> None:
        if mean.ndim != 2 or mean.shape != logvar.shape:
            raise ValueError(f"channels need mean and logvar [channels, samples], not {mean.shape}, {logvar.shape}")
        if not (np.isfinite(mean).all() and np.isfinite(logvar).all()):
            raise ValueError("a channel's mean or log-variance is not finite")
        self.mean = torch.from_numpy(np.ascontiguousarray(mean)).to(dtype)
        self.variance = torch.from_numpy(np.exp(logvar.astype(np.float64))).to(dtype)
        self.fourth_root = self.variance.sqrt().sqrt()
        self.count, self.samples = mean.shape

    def row(self, sample: int, others: Tensor) -> Tensor:
        """Equal to `bhattacharyya_coefficients`, but in place: this is where most of the time is spent."""
        whole = len(others) == self.samples and bool((others[1:] > others[:-1]).all())
        mean, variance, root = (
            part if whole else part[:, others] for part in (self.mean, self.variance, self.fourth_root)
        )
        here = slice(sample, sample + 1)
        mean_variance = (variance + self.variance[:, here]).mul_(0.5)
        row = (mean - self.mean[:, here]).square_().div_(mean_variance).mul_(-0.125).exp_()
        return row.mul_(root).mul_(mean_variance.rsqrt_()).mul_(self.fourth_root[:, here])


class LabelFingerprints:
    """Fingerprints of labels with the class numbers `codes` [labels, N]. Raises ValueError for another shape."""

    def __init__(self, codes: Codes, dtype: torch.dtype = torch.float32) -> None:
        if codes.ndim != 2:
            raise ValueError(f"labels need codes [labels, samples], not {codes.shape}")
        self.codes, self.dtype = torch.from_numpy(np.ascontiguousarray(codes)), dtype
        self.count, self.samples = codes.shape

    def row(self, sample: int, others: Tensor) -> Tensor:
        return (self.codes[:, others] == self.codes[:, sample : sample + 1]).to(self.dtype)


class ConcatenatedFingerprints:
    """The channels of several `parts`, one part after the other. Raises ValueError if their samples differ."""

    def __init__(self, *parts: Fingerprints) -> None:
        if len({part.samples for part in parts}) != 1:
            raise ValueError("channels can only be compared on the same samples")
        self.parts = parts
        self.count, self.samples = sum(part.count for part in parts), parts[0].samples

    def row(self, sample: int, others: Tensor) -> Tensor:
        return torch.cat([part.row(sample, others) for part in self.parts])


class JointFingerprints:
    """One joint channel for each of `members`, each a list of channel numbers of `channels`."""

    def __init__(self, channels: Fingerprints, members: Sequence[Sequence[int]]) -> None:
        self.channels, self.members = channels, [torch.tensor(list(each)) for each in members]
        self.count, self.samples = len(members), channels.samples

    def row(self, sample: int, others: Tensor) -> Tensor:
        single = self.channels.row(sample, others)
        return torch.stack([single[each].prod(0) for each in self.members])


def bhattacharyya_coefficients(mean: Tensor, variance: Tensor, other_mean: Tensor, other_variance: Tensor) -> Tensor:
    """e^-D of two Gaussians (broadcast), D their Bhattacharyya distance in nats.

    D = (mu_i - mu_j)^2 / (8 s) + 0.5 [log s - (logvar_i + logvar_j) / 2] with s the mean of both variances.
    """
    mean_variance = (variance + other_variance) / 2
    ratio = (variance.sqrt() * other_variance.sqrt() / mean_variance).sqrt()
    return ratio * torch.exp((mean - other_mean).square() / (-8 * mean_variance))
