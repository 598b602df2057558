"""Scores of predictions with the frames at fixed distances from their anchors, and with others that all share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def scores_at(predictions: Tensor, latents: Tensor, offsets: tuple[int, ...], others: Tensor) -> tuple[Tensor, Tensor]:
    """Predictions (B, A, K, D) with latents (B, L, D) and `others` (N, D).

    -> (B, A, K), of the k-th prediction of anchor a with frame a + offsets[k], 0 where there is no such frame; and
    (B, A, K, N), with each of the others. One product of everything with everything would compute L scores for each of
    the first.
    """
    dtype = predictions.dtype
    found: tuple[Tensor, Tensor] = _ScoresAt.apply(predictions, latents.to(dtype), others.to(dtype), offsets)
    return found


def _meeting(anchors: int, frames: int, offset: int) -> tuple[slice, slice]:
    """The anchors that have a frame at that offset, and these frames."""
    begin, end = max(0, -offset), max(0, -offset, min(anchors, frames - offset))
    return slice(begin, end), slice(begin + offset, end + offset)


class _ScoresAt(torch.autograd.Function):
    """By hand, since autograd would make a zero-filled gradient of the whole for each offset, and add them up."""

    @staticmethod
    def forward(
        ctx: Any, predictions: Tensor, latents: Tensor, others: Tensor, offsets: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(predictions, latents, others)
        ctx.offsets = offsets
        scores = predictions.new_zeros(predictions.shape[:3])
        for k, offset in enumerate(offsets):
            anchors, frames = _meeting(predictions.shape[1], latents.shape[1], offset)
            scores[:, anchors, k] = (predictions[:, anchors, k] * latents[:, frames]).sum(-1)
        return scores, predictions @ others.T

    @staticmethod
    def backward(ctx: Any, of_scores: Tensor, with_others: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        predictions, latents, others = ctx.saved_tensors
        of_predictions, of_latents = with_others @ others, torch.zeros_like(latents)
        for k, offset in enumerate(ctx.offsets):
            anchors, frames = _meeting(predictions.shape[1], latents.shape[1], offset)
            weight = of_scores[:, anchors, k, None]
            of_predictions[:, anchors, k].addcmul_(weight, latents[:, frames])
            of_latents[:, frames].addcmul_(weight, predictions[:, anchors, k])
        return of_predictions, of_latents, with_others.flatten(0, 2).T @ predictions.flatten(0, 2), None
