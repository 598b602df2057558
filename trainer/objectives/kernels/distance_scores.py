"""Scores of predictions with the frames at fixed distances, and with shared negatives."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def distance_scores(
    predictions: Tensor, latents: Tensor, offsets: tuple[int, ...], negatives: Tensor
) -> tuple[Tensor, Tensor]:
    """Predictions (B, A, K, D), latents (B, L, D), negatives (N, D) -> scores (B, A, K) and (B, A, K, N).

    The first are of the k-th prediction of anchor a with frame a + offsets[k], 0 where there is no such frame; the
    second are with each negative. Equal to `distance_scores_reference`.
    """
    dtype = predictions.dtype
    scores: tuple[Tensor, Tensor] = _DistanceScores.apply(predictions, latents.to(dtype), negatives.to(dtype), offsets)
    return scores


def distance_scores_reference(
    predictions: Tensor, latents: Tensor, offsets: tuple[int, ...], negatives: Tensor
) -> tuple[Tensor, Tensor]:
    """`distance_scores` in plain torch: all scores with all frames, of which those at the offsets are kept."""
    device = latents.device
    frames = torch.arange(predictions.shape[1], device=device)[:, None] + torch.tensor(offsets, device=device)
    exists = (frames >= 0) & (frames < latents.shape[1])
    scores = torch.einsum("bakd,bld->bakl", predictions, latents)
    index = frames.clamp(0, latents.shape[1] - 1).expand(len(scores), -1, -1)[..., None]
    return scores.gather(3, index).squeeze(3) * exists, predictions @ negatives.T


def _pairs(anchors: int, frames: int, offset: int) -> tuple[slice, slice]:
    """The anchors that have a frame at `offset`, and these frames."""
    begin, end = max(0, -offset), max(0, -offset, min(anchors, frames - offset))
    return slice(begin, end), slice(begin + offset, end + offset)


class _DistanceScores(torch.autograd.Function):
    """Forward and backward in 70 ms instead of 180 ms (8 crops at module 1 of `sim`, one CPU thread): the reference
    computes L scores for each that is kept, and autograd through slices adds up a zero-filled gradient per offset.
    """

    @staticmethod
    def forward(
        ctx: Any, predictions: Tensor, latents: Tensor, negatives: Tensor, offsets: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(predictions, latents, negatives)
        ctx.offsets = offsets
        scores = predictions.new_zeros(predictions.shape[:3])
        for k, offset in enumerate(offsets):
            anchors, frames = _pairs(predictions.shape[1], latents.shape[1], offset)
            scores[:, anchors, k] = (predictions[:, anchors, k] * latents[:, frames]).sum(-1)
        return scores, predictions @ negatives.T

    @staticmethod
    def backward(ctx: Any, d_scores: Tensor, d_negative_scores: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        predictions, latents, negatives = ctx.saved_tensors
        d_predictions, d_latents = d_negative_scores @ negatives, torch.zeros_like(latents)
        for k, offset in enumerate(ctx.offsets):
            anchors, frames = _pairs(predictions.shape[1], latents.shape[1], offset)
            weight = d_scores[:, anchors, k, None]
            d_predictions[:, anchors, k].addcmul_(weight, latents[:, frames])
            d_latents[:, frames].addcmul_(weight, predictions[:, anchors, k])
        return d_predictions, d_latents, d_negative_scores.flatten(0, 2).T @ predictions.flatten(0, 2), None
