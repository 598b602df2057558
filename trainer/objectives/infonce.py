"""InfoNCE: predict later frames, and tell them from others."""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer.config import ObjectiveConfig, TimeDistances
from trainer.objectives.kernels.distance_scores import scores_at
from trainer.runtime import distributed


def prediction_frames(objective: ObjectiveConfig, hop_seconds: float) -> tuple[int, ...]:
    """The prediction distances k of a module, in its own frames. Raises ValueError where a distance in time is under
    half a hop.
    """
    if isinstance(objective.prediction, TimeDistances):
        distances = objective.prediction.distances
        frames = tuple(round(distance / hop_seconds) for distance in distances)
        if any(frame == 0 and distance != 0 for frame, distance in zip(frames, distances, strict=True)):
            raise ValueError(
                f"objective.prediction: a distance is shorter than half the module's hop of {hop_seconds:g} s"
            )
        return frames
    return tuple(range(1, objective.prediction.steps + 1))


class InfoNCE(nn.Module):
    """Contrastive prediction of other frames (van den Oord et al., arXiv 1807.03748, eq. 4; per module as in SIM,
    section 3).

    f_k(t, j) = z_j' W_k c_t, one W_k without bias for each distance k; the loss is the mean over k, and over all t that
    have a frame t + k, of -log( exp f_k(t, t+k) / (exp f_k(t, t+k) + sum over negatives j of exp f_k(t, j)) ), in nats.
    The negatives are frames drawn from the whole batch and shared by all anchors, so that they cost one matrix product,
    and, where `own_negatives` asks, frames of the same clip. With n of them the loss is at most about ln(n + 1) for a
    useless predictor.
    """

    def __init__(self, context_dims: int, dims: int, distances: tuple[int, ...], objective: ObjectiveConfig) -> None:
        super().__init__()
        self.predict = nn.Linear(context_dims, dims * len(distances), bias=False)
        self.distances, self.negatives, self.own_negatives = distances, objective.negatives, objective.own_negatives
        self.per_step = objective.prediction.per_step if isinstance(objective.prediction, TimeDistances) else None
        self.window, self.anchors = objective.window, objective.anchors
        self.scale = dims**-0.5 if objective.scale_scores else 1.0

    def window_of(self, frames: int, generator: Generator) -> slice:
        """Which of `frames` frames one step looks at: `objective.window` consecutive ones, or all."""
        if self.window is None or frames <= self.window:
            return slice(0, frames)
        # From the generator's seed, not its state: a number that lay on the device would have to be waited for.
        start = random.Random(generator.initial_seed()).randrange(frames - self.window + 1)
        return slice(start, start + self.window)

    def forward(self, context: Tensor, latents: Tensor, generator: Generator, pace: Tensor | None = None) -> Tensor:
        """context (B, C, L) and latents (B, D, L) -> the loss, a scalar. Raises ValueError where L frames are too few
        for the longest distance.

        `pace` (B): how many frames of the latents pass in one of the context, where these are two views of a crop.
        """
        positives, negatives, shares = self.scores(context, latents, generator, pace)
        # -log(e^p / (e^p + sum of e^n)) = softplus(log sum of e^n - p), and nothing is joined
        return (F.softplus(negatives.logsumexp(-1) - positives) * shares).sum() / len(positives)

    def scores(
        self, context: Tensor, latents: Tensor, generator: Generator, pace: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Of each pair of an anchor and a distance, the target's score (B, anchors x distances), those of the negatives
        (B, anchors x distances, negatives), and its weight in the mean [anchors x distances].
        """
        context, latents = context.mT, latents.mT
        batch, frames, dims = latents.shape
        weight, distances = self._drawn_distances(latents.device, generator)
        anchors, shares = self._anchors(frames, distances, generator)
        predictions = F.linear(context[:, anchors], weight).view(batch, len(anchors), len(distances), dims)
        pool = distributed.gather(latents).reshape(-1, dims)
        shared = pool[_draw(len(pool), self.negatives, generator)]
        every = self._every_anchor(frames)
        if pace is None and len(anchors) == len(every) and len(distances) == len(self.distances):
            offsets = tuple(every.start + distance for distance in self.distances)
            positives, negatives = scores_at(predictions, latents, offsets, shared)
        else:
            start = anchors.expand(batch, -1) if pace is None else (anchors * pace[:, None]).round().long()
            targets = (start[:, :, None] + distances).clamp(0, frames - 1)
            # Scores with all frames of the clip, of which the targets' are kept: cheaper than gathering each target.
            with_all = predictions.flatten(1, 2) @ latents.mT
            positives = with_all.gather(2, targets.flatten(1)[..., None])
            negatives = predictions @ shared.T
        positives, negatives = positives.flatten(1), negatives.flatten(1, 2)
        if self.own_negatives:
            own = predictions.flatten(1, 2) @ latents[:, _draw(frames, self.own_negatives, generator)].mT
            negatives = torch.cat((negatives, own), dim=-1)
        return positives.float() * self.scale, negatives.float() * self.scale, shares

    def _every_anchor(self, frames: int) -> range:
        """The frames that have another at one distance or more."""
        return range(max(0, -max(self.distances)), frames - max(0, min(self.distances)))

    def _drawn_distances(self, device: torch.device, generator: Generator) -> tuple[Tensor, Tensor]:
        """The rows of `predict` of the distances that this step takes, and these [distances]."""
        distances = torch.tensor(self.distances, device=device)
        if self.per_step is None or self.per_step >= len(distances):
            return self.predict.weight, distances
        drawn = torch.randperm(len(distances), generator=generator, device=generator.device)[: self.per_step]
        return self.predict.weight.view(len(distances), -1, self.predict.in_features)[drawn].flatten(0, 1), distances[
            drawn
        ]

    def _anchors(self, frames: int, distances: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The anchors t [anchors] and the weight in the mean of each pair with a distance k [anchors x distances]: 0
        where there is no frame t + k.
        """
        if max(abs(k) for k in self.distances) >= frames:
            raise ValueError(
                f"a crop of {frames} frames is too short to predict {max(map(abs, self.distances))} frames away; "
                "raise training.crop_samples"
            )
        every = self._every_anchor(frames)
        anchors = torch.arange(every.start, every.stop, device=distances.device)
        if self.anchors is not None and self.anchors < len(anchors):
            anchors = anchors[
                torch.randperm(len(anchors), generator=generator, device=generator.device)[: self.anchors]
            ]
        targets = anchors[:, None] + distances
        exists = ((targets >= 0) & (targets < frames)).float()
        return anchors, (exists / exists.sum(0).clamp_min(1) / len(distances)).flatten()


def _draw(below: int, count: int, generator: Generator) -> Tensor:
    return torch.randint(below, (count,), generator=generator, device=generator.device)
