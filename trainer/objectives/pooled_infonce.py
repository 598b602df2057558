"""InfoNCE between means over time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer.config import PooledInfoNCEConfig
from trainer.runtime import distributed

_MIN_DISTANCE = 0.75
"""In window lengths. Closer windows of one crop are nearly equal, and no negatives of each other."""


class PooledInfoNCE(nn.Module):
    """Identify the mean of a window of latents from the mean of the context over the same window.

    Scores are z' W c as in InfoNCE (arXiv 1807.03748, eq. 4), of means instead of frames; W starts as the identity.
    Negatives are all other windows of the batch except those of the same crop that overlap.
    """

    def __init__(self, dims: int, config: PooledInfoNCEConfig, hop_seconds: float) -> None:
        super().__init__()
        self.predict = nn.Linear(dims, dims, bias=False)
        nn.init.eye_(self.predict.weight)
        self.window = max(1, round(config.seconds / hop_seconds))
        self.every = max(1, round(config.every / hop_seconds))
        self.scale = dims**-0.5

    def forward(self, context: Tensor, latents: Tensor, generator: Generator, speed_ratio: Tensor | None) -> Tensor:
        """`context` and `latents` (B, D, L) -> the loss in nats, a scalar.

        `speed_ratio` (B) as for InfoNCE; the two views of a crop are then neighbours in the batch. Raises ValueError
        where L is too short for one window and the distance to the next.
        """
        batch, _, frames = latents.shape
        positions = frames - self.window + 1
        count = positions // self.every
        if count < 1:
            raise ValueError(
                f"a crop of {frames} frames is too short for objective.pooled; raise training.crop_samples"
            )
        offset = torch.randint(self.every, (1,), generator=generator, device=generator.device)
        starts = (offset + self.every * torch.arange(count, device=latents.device)).expand(batch, -1)
        targets = starts if speed_ratio is None else self._at_other_speed(starts, speed_ratio)
        predictions = self.predict(self._means(context, starts))
        candidates = distributed.all_gather(self._means(latents, targets.clamp(0, positions - 1)))
        scores = (predictions.flatten(0, 1) @ candidates.flatten(0, 1).T).float() * self.scale
        crops = torch.arange(batch, device=latents.device) // (1 if speed_ratio is None else 2)
        first = distributed.rank_slice(batch * distributed.world_size()).start * count
        scores[:, first : first + batch * count].masked_fill_(self._overlapping(crops, count), -torch.inf)
        return F.cross_entropy(scores, first + torch.arange(batch * count, device=latents.device))

    def _at_other_speed(self, starts: Tensor, speed_ratio: Tensor) -> Tensor:
        """Starts of the windows with the same centres in the other view (B, windows)."""
        half = (self.window - 1) / 2
        return ((starts + half) * speed_ratio[:, None] - half).round().long()

    def _means(self, frames: Tensor, starts: Tensor) -> Tensor:
        """(B, D, L) -> means over the windows that begin at `starts` (B, windows): (B, windows, D)."""
        means = F.avg_pool1d(frames, self.window, 1).mT
        return means.gather(1, starts[..., None].expand(-1, -1, means.shape[2]))

    def _overlapping(self, crops: Tensor, count: int) -> Tensor:
        """Mask of pairs of different windows of the same crop that overlap: (B x windows, B x windows)."""
        crop = crops.repeat_interleave(count)
        position = self.every * torch.arange(count, device=crops.device).repeat(len(crops))
        close = (position[:, None] - position).abs() < _MIN_DISTANCE * self.window
        identical = torch.eye(len(crop), dtype=torch.bool, device=crops.device)
        return (crop[:, None] == crop) & close & ~identical
