"""InfoNCE between means over time: what a mean of latents tells of the stretch it is of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer.config import PooledConfig
from trainer.runtime import distributed

_OVERLAP = 0.75
"""Windows of one crop nearer than this share of their length are much the same: not each other's negatives."""


class PooledInfoNCE(nn.Module):
    """Find the mean of a window of latents from that of the context over the same window, among all windows of the
    batch.

    Scores are z' W c as in InfoNCE (arXiv 1807.03748, eq. 4), of means in place of frames. W begins as the identity.
    Negatives: all other windows of the batch, but for those of the same crop that overlap.
    """

    def __init__(self, dims: int, config: PooledConfig, hop_seconds: float) -> None:
        super().__init__()
        self.predict = nn.Linear(dims, dims, bias=False)
        nn.init.eye_(self.predict.weight)
        self.window = max(1, round(config.seconds / hop_seconds))
        self.every = max(1, round(config.every / hop_seconds))
        self.scale = dims**-0.5

    def forward(self, context: Tensor, latents: Tensor, generator: Generator, pace: Tensor | None) -> Tensor:
        """context and latents (B, D, L) -> the loss in nats, a scalar; with `pace` (B) as for InfoNCE, each crop being
        two neighbours in the batch. Raises ValueError where L frames are fewer than a window and the distance to the
        next.
        """
        batch, _, frames = latents.shape
        places = frames - self.window + 1
        count = places // self.every
        if count < 1:
            raise ValueError(
                f"a crop of {frames} frames is too short for objective.pooled; raise training.crop_samples"
            )
        offset = torch.randint(self.every, (1,), generator=generator, device=generator.device)
        starts = (offset + self.every * torch.arange(count, device=latents.device)).expand(batch, -1)
        half = (self.window - 1) / 2
        targets = starts if pace is None else ((starts + half) * pace[:, None] - half).round().long()
        predictions = self.predict(self._means(context, starts))
        found = distributed.gather(self._means(latents, targets.clamp(0, places - 1)))
        scores = (predictions.flatten(0, 1) @ found.flatten(0, 1).T).float() * self.scale
        crops = torch.arange(batch, device=latents.device) // (1 if pace is None else 2)
        first = distributed.share(batch * distributed.world_size()).start * count
        scores[:, first : first + batch * count].masked_fill_(self._overlapping(crops, count), -torch.inf)
        return F.cross_entropy(scores, first + torch.arange(batch * count, device=latents.device))

    def _means(self, frames: Tensor, starts: Tensor) -> Tensor:
        """(B, D, L) -> the means over windows that begin at `starts` (B, windows): (B, windows, D)."""
        means = F.avg_pool1d(frames, self.window, 1).mT
        return means.gather(1, starts[..., None].expand(-1, -1, means.shape[2]))

    def _overlapping(self, crops: Tensor, count: int) -> Tensor:
        """Which two windows [B x windows, B x windows] are of one crop and overlap, but are not the same."""
        crop = crops.repeat_interleave(count)
        place = self.every * torch.arange(count, device=crops.device).repeat(len(crops))
        near = (place[:, None] - place).abs() < _OVERLAP * self.window
        itself = torch.eye(len(crop), dtype=torch.bool, device=crops.device)
        return (crop[:, None] == crop) & near & ~itself
