"""Walks through a module's latents in equal steps, and how smoothly the decoded sound goes along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from trainer.metrics.speech.log_mel_distance import in_range
from trainer.metrics.speech.path_smoothness import PathShape, path_shape
from trainer.model import Model, Posterior

REACH = 3.0
EXCERPT_SECONDS = 1.0

Decode = Callable[[Tensor], Tensor]


@dataclass
class Survey:
    """One module over a corpus, gathered clip by clip: what its dimensions do, over all frames, and the middle second
    of each clip's posterior means [dims, frames].
    """

    excerpts: list[Tensor] = field(default_factory=list)
    _frames: int = 0
    _sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, posterior: Posterior, excerpt_frames: int) -> None:
        mean = posterior.mean
        first = max(0, (mean.shape[1] - excerpt_frames) // 2)
        self.excerpts.append(mean[:, first : first + excerpt_frames].clone())
        self._frames += mean.shape[1]
        kl = posterior.kl()
        wide = mean.double()
        sums = {"mean": wide.sum(1), "square": wide.square().sum(1)}
        if kl is not None:
            sums["kl"] = kl.double().sum(1)
        self._sums = {name: self._sums.get(name, 0) + value for name, value in sums.items()}

    @property
    def mean(self) -> Tensor:
        """Of each dimension [dims]."""
        return self._sums["mean"] / self._frames

    @property
    def sd(self) -> Tensor:
        return (self._sums["square"] / self._frames - self.mean.square()).clamp_min(0).sqrt()

    @property
    def kl(self) -> Tensor | None:
        """Nats a frame of each dimension [dims]; None where the encoder is deterministic."""
        return self._sums["kl"] / self._frames if "kl" in self._sums else None

    def top(self, count: int) -> list[int]:
        """The dimensions of most KL, or where there is none of most sd."""
        weight = self.sd if self.kl is None else self.kl
        return [int(dim) for dim in weight.argsort(descending=True, stable=True)[:count]]


def survey(model: Model, modules: Sequence[int], waveforms: Iterable[np.ndarray]) -> dict[int, Survey]:
    """Every one of `modules` over all waveforms [samples] at the model's rate, which go through once."""
    found = {module: Survey() for module in modules}
    for waveform in waveforms:
        posteriors = model.encode(waveform)
        for module, surveyed in found.items():
            frames = round(EXCERPT_SECONDS / model.geometry[module - 1].hop_seconds)
            surveyed.add(posteriors[module - 1], frames)
    return found


def traversal(latents: Tensor, dim: int, low: float, high: float, steps: int) -> list[Tensor]:
    """`latents` [dims, frames] with `dim` set to low .. high over all of the time, in `steps` equal steps."""
    return [_with(latents, dim, value) for value in np.linspace(low, high, steps + 1)]


def _with(latents: Tensor, dim: int, value: float) -> Tensor:
    changed = latents.clone()
    changed[dim] = value
    return changed


def interpolation(first: Tensor, second: Tensor, steps: int) -> list[Tensor]:
    """From one clip's latents [dims, frames] straight to another's, in `steps` equal steps; the longer is cut to the
    shorter.
    """
    frames = min(first.shape[1], second.shape[1])
    return blend(first[:, :frames], second[:, :frames], steps)


def blend(first: Tensor, second: Tensor, steps: int) -> list[Tensor]:
    """Mixtures of `first` and `second` in `steps` equal steps, from the one to the other."""
    return [torch.lerp(first, second, share) for share in np.linspace(0, 1, steps + 1).tolist()]


def draw_couples(items: int, seed: int = 0) -> list[tuple[int, int]]:
    """All items in pairs at random, none in two of them, so that pairs are independent; an odd one is left over.

    Raises ValueError where there are no two.
    """
    if items < 2:
        raise ValueError("a pair takes two recordings; give more of them")
    order = np.random.default_rng(seed).permutation(items).tolist()
    return list(zip(order[0::2], order[1::2], strict=False))


def walk_shapes(
    latents: Sequence[Tensor], decode: Decode, log_mel: Callable[[Tensor], Tensor]
) -> tuple[PathShape | None, PathShape | None]:
    """The path that the decoded log-mel takes along `latents` [dims, frames], and the one it takes where the sounds at
    the two ends are merely crossfaded, which asks nothing of the latents. What lies 60 dB below a path's loudest is
    raised to there.
    """
    sounds = [decode(one) for one in latents]
    return _shape(sounds, log_mel), _shape(blend(sounds[0], sounds[-1], len(sounds) - 1), log_mel)


def _shape(sounds: Sequence[Tensor], log_mel: Callable[[Tensor], Tensor]) -> PathShape | None:
    pictures = log_mel(torch.stack(list(sounds))).numpy()
    return path_shape(in_range(pictures, float(pictures.max())).reshape(len(sounds), -1))
