"""InfoNCE: score the true frame at a distance higher than negatives."""

from __future__ import annotations

import math
import random

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from trainer.config import ObjectiveConfig, TimePrediction
from trainer.objectives.kernels.distance_scores import distance_scores
from trainer.runtime import distributed


def prediction_frames(objective: ObjectiveConfig, hop_seconds: float) -> tuple[int, ...]:
    """The prediction distances k of a module, in its own frames.

    Raises ValueError where a distance in seconds is shorter than half a hop.
    """
    if isinstance(objective.prediction, TimePrediction):
        distances = objective.prediction.distances
        frames = tuple(round(distance / hop_seconds) for distance in distances)
        if any(frame == 0 and distance != 0 for frame, distance in zip(frames, distances, strict=True)):
            raise ValueError(
                f"objective.prediction: a distance is shorter than half the module's hop of {hop_seconds:g} s"
            )
        return frames
    return tuple(range(1, objective.prediction.steps + 1))


def guard_frames(objective: ObjectiveConfig, hop_seconds: float) -> int | None:
    """`objective.target_guard` of a module in its own frames, rounded."""
    return None if objective.target_guard is None else round(objective.target_guard / hop_seconds)


class InfoNCE(nn.Module):
    """Contrastive prediction of frames (van den Oord et al., arXiv 1807.03748, eq. 4; per module as in SIM, section 3).

    f_k(t, j) = z_j' W_k c_t, with one matrix W_k per distance k. The loss in nats is the mean over k, and over all
    anchors t that have a frame t + k, of

        -log( exp f_k(t, t+k) / (exp f_k(t, t+k) + sum over negatives j of exp f_k(t, j)) )

    Negatives are frames of the whole batch, shared by all anchors, so that they cost one matrix product, and
    `own_negatives` frames of the same crop. Of these, frames at most `guard` frames from the target are left out (None:
    none), since they are the target itself or nearly equal to it. With n negatives a useless predictor has a loss of
    about ln(n + 1).
    """

    def __init__(
        self,
        context_dims: int,
        dims: int,
        distances: tuple[int, ...],
        objective: ObjectiveConfig,
        guard: int | None = None,
    ) -> None:
        super().__init__()
        self.predict = nn.Linear(context_dims, dims * len(distances), bias=False)
        self.distances, self.negatives, self.own_negatives = distances, objective.negatives, objective.own_negatives
        self.guard = guard
        self.per_step = objective.prediction.per_step if isinstance(objective.prediction, TimePrediction) else None
        self.window, self.anchors = objective.window, objective.anchors
        self.scale = dims**-0.5 if objective.scale_scores else 1.0

    def draw_window(self, frames: int, generator: Generator) -> slice:
        """The frames of one step: `objective.window` consecutive ones of `frames`, or all."""
        if self.window is None or frames <= self.window:
            return slice(0, frames)
        # Drawn on the CPU, from the generator's seed: reading a number from the device would wait for it.
        start = random.Random(generator.initial_seed()).randrange(frames - self.window + 1)
        return slice(start, start + self.window)

    def forward(
        self, context: Tensor, latents: Tensor, generator: Generator, speed_ratio: Tensor | None = None
    ) -> Tensor:
        """`context` (B, C, L) and `latents` (B, D, L) -> the loss, a scalar.

        `speed_ratio` (B), if these are two views of a crop: the number of latent frames per context frame. Raises
        ValueError where L is too short for the longest distance.
        """
        positives, negatives, weights = self.scores(context, latents, generator, speed_ratio)
        # -log(e^p / (e^p + sum e^n)) = softplus(log sum e^n - p), without concatenating p and n
        return (F.softplus(negatives.logsumexp(-1) - positives) * weights).sum() / len(positives)

    def scores(
        self, context: Tensor, latents: Tensor, generator: Generator, speed_ratio: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of all P pairs of an anchor and a distance: of the target (B, P) and of the N negatives (B, P, N), and
        the weight of each pair in the mean (P).
        """
        context, latents = context.mT, latents.mT
        batch, frames, dims = latents.shape
        weight, distances = self._draw_distances(latents.device, generator)
        anchors, weights = self._draw_anchors(frames, distances, generator)
        predictions = F.linear(context[:, anchors], weight).view(batch, len(anchors), len(distances), dims)
        candidates = distributed.all_gather(latents).reshape(-1, dims)
        shared = candidates[_draw(len(candidates), self.negatives, generator)]
        all_anchors = self._all_anchors(frames)
        times = anchors.expand(batch, -1) if speed_ratio is None else _round(anchors * speed_ratio[:, None])
        targets = (times[:, :, None] + distances).clamp(0, frames - 1).flatten(1)
        if speed_ratio is None and len(anchors) == len(all_anchors) and len(distances) == len(self.distances):
            offsets = tuple(all_anchors.start + distance for distance in self.distances)
            positives, negatives = distance_scores(predictions, latents, offsets, shared)
        else:
            # Scores with all frames of the crop, of which the targets' are kept: cheaper than gathering each target.
            crop_scores = predictions.flatten(1, 2) @ latents.mT
            positives = crop_scores.gather(2, targets[..., None])
            negatives = predictions @ shared.T
        positives, negatives = positives.flatten(1), negatives.flatten(1, 2)
        if self.own_negatives:
            drawn = _draw(frames, self.own_negatives, generator)
            own = predictions.flatten(1, 2) @ latents[:, drawn].mT
            if self.guard is not None:
                own = own.masked_fill((targets[..., None] - drawn).abs() <= self.guard, -math.inf)
            negatives = torch.cat((negatives, own), dim=-1)
        return positives.float() * self.scale, negatives.float() * self.scale, weights

    def _all_anchors(self, frames: int) -> range:
        """The frames that have a target at one distance or more."""
        return range(max(0, -max(self.distances)), frames - max(0, min(self.distances)))

    def _draw_distances(self, device: torch.device, generator: Generator) -> tuple[Tensor, Tensor]:
        """The rows of `predict` for the K distances of this step, and the distances (K)."""
        distances = torch.tensor(self.distances, device=device)
        if self.per_step is None or self.per_step >= len(distances):
            return self.predict.weight, distances
        drawn = torch.randperm(len(distances), generator=generator, device=generator.device)[: self.per_step]
        matrices = self.predict.weight.view(len(distances), -1, self.predict.in_features)
        return matrices[drawn].flatten(0, 1), distances[drawn]

    def _draw_anchors(self, frames: int, distances: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """The A anchors (A), and the weight of each pair of an anchor t and a distance k in the mean (A x K): 0 where
        there is no frame t + k.
        """
        longest = max(abs(k) for k in self.distances)
        if longest >= frames:
            raise ValueError(
                f"a crop of {frames} frames is too short to predict {longest} frames away; raise training.crop_samples"
            )
        all_anchors = self._all_anchors(frames)
        anchors = torch.arange(all_anchors.start, all_anchors.stop, device=distances.device)
        if self.anchors is not None and self.anchors < len(anchors):
            order = torch.randperm(len(anchors), generator=generator, device=generator.device)
            anchors = anchors[order[: self.anchors]]
        targets = anchors[:, None] + distances
        exists = ((targets >= 0) & (targets < frames)).float()
        return anchors, (exists / exists.sum(0).clamp_min(1) / len(distances)).flatten()


def _draw(below: int, count: int, generator: Generator) -> Tensor:
    return torch.randint(below, (count,), generator=generator, device=generator.device)


def _round(times: Tensor) -> Tensor:
    return times.round().long()
