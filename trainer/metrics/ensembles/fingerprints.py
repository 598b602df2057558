"""A latent dimension as a soft clustering of samples: how hard each two of them are to tell apart by it.

The fingerprint of a channel over N samples is the matrix of Bhattacharyya coefficients between the posteriors of each
two of them (Murphy, Dillavou and Bassett, arXiv 2405.21042): 1 where they are the same, 0 where one draw tells them.
Joint channels multiply theirs. A label is a channel whose coefficients are 1 within a class, else 0.
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
    """Channels over the same samples, whose coefficients are made row by row: all of them may not fit into memory."""

    @property
    def samples(self) -> int: ...

    @property
    def count(self) -> int: ...

    def row(self, sample: int, of: Tensor) -> Tensor:
        """The coefficients of `sample` with the samples `of` [m]: [count, m]."""
        ...


class GaussianFingerprints:
    """Of posteriors `mean` and `logvar` [channels, N]. Raises ValueError where a number is not finite."""

    def __init__(self, mean: Values, logvar: Values, dtype: torch.dtype = torch.float32) -> None:
        if mean.ndim != 2 or mean.shape != logvar.shape:
            raise ValueError(f"channels need mean and logvar [channels, samples], not {mean.shape}, {logvar.shape}")
        if not (np.isfinite(mean).all() and np.isfinite(logvar).all()):
            raise ValueError("a channel's mean or log-variance is not finite")
        self.mean = torch.from_numpy(np.ascontiguousarray(mean)).to(dtype)
        self.variance = torch.from_numpy(np.exp(logvar.astype(np.float64))).to(dtype)
        self.fourth_root = self.variance.sqrt().sqrt()
        self.count, self.samples = mean.shape

    def row(self, sample: int, of: Tensor) -> Tensor:
        """As `coefficients` has it, in fewer walks over the numbers: most of the time goes into them."""
        every = len(of) == self.samples and bool((of[1:] > of[:-1]).all())
        mean, variance, root = (part if every else part[:, of] for part in (self.mean, self.variance, self.fourth_root))
        here = slice(sample, sample + 1)
        between = (variance + self.variance[:, here]).mul_(0.5)
        found = (mean - self.mean[:, here]).square_().div_(between).mul_(-0.125).exp_()
        return found.mul_(root).mul_(between.rsqrt_()).mul_(self.fourth_root[:, here])


class LabelFingerprints:
    """Of the classes `codes` [labels, N]."""

    def __init__(self, codes: Codes, dtype: torch.dtype = torch.float32) -> None:
        if codes.ndim != 2:
            raise ValueError(f"labels need codes [labels, samples], not {codes.shape}")
        self.codes, self.dtype = torch.from_numpy(np.ascontiguousarray(codes)), dtype
        self.count, self.samples = codes.shape

    def row(self, sample: int, of: Tensor) -> Tensor:
        return (self.codes[:, of] == self.codes[:, sample : sample + 1]).to(self.dtype)


class Together:
    """The channels of several `parts`, one after the other."""

    def __init__(self, *parts: Fingerprints) -> None:
        if len({part.samples for part in parts}) != 1:
            raise ValueError("channels that are compared must be of the same samples")
        self.parts = parts
        self.count, self.samples = sum(part.count for part in parts), parts[0].samples

    def row(self, sample: int, of: Tensor) -> Tensor:
        return torch.cat([part.row(sample, of) for part in self.parts])


class Joint:
    """A channel for each of `members`, which are lists of the channels of `parts` that it looks at all at once."""

    def __init__(self, parts: Fingerprints, members: Sequence[Sequence[int]]) -> None:
        self.parts, self.members = parts, [torch.tensor(list(each)) for each in members]
        self.count, self.samples = len(members), parts.samples

    def row(self, sample: int, of: Tensor) -> Tensor:
        single = self.parts.row(sample, of)
        return torch.stack([single[each].prod(0) for each in self.members])


def coefficients(mean: Tensor, variance: Tensor, other_mean: Tensor, other_variance: Tensor) -> Tensor:
    """e^-D of Gaussians, of broadcast shape, D their Bhattacharyya distance in nats: (mu_i - mu_j)^2 / (8 s) +
    0.5 [log s - (logvar_i + logvar_j) / 2], s the mean of both variances.
    """
    between = (variance + other_variance) / 2
    narrower = (variance.sqrt() * other_variance.sqrt() / between).sqrt()
    return narrower * torch.exp((mean - other_mean).square() / (-8 * between))
