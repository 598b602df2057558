"""Scores of frames with those at fixed distances, and of no other pairs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def scores_at(predictions: Tensor, latents: Tensor, offsets: tuple[int, ...]) -> Tensor:
    """Predictions (B, A, K, D) and latents (B, L, D) -> (B, A, K): of the k-th prediction of anchor a with frame
    a + offsets[k]; 0 where there is no such frame.

    One product of everything with everything would compute L scores for each of these.
    """
    found: Tensor = _ScoresAt.apply(predictions, latents.to(predictions.dtype), offsets)
    return found


def _meeting(anchors: int, frames: int, offset: int) -> tuple[slice, slice]:
    """The anchors that have a frame at that offset, and these frames."""
    begin, end = max(0, -offset), max(0, -offset, min(anchors, frames - offset))
    return slice(begin, end), slice(begin + offset, end + offset)


class _ScoresAt(torch.autograd.Function):
    """By hand, since autograd would make a zero-filled gradient of the whole for each offset."""

    @staticmethod
    def forward(ctx: Any, predictions: Tensor, latents: Tensor, offsets: tuple[int, ...]) -> Tensor:
        ctx.save_for_backward(predictions, latents)
        ctx.offsets = offsets
        scores = predictions.new_zeros(predictions.shape[:3])
        for k, offset in enumerate(offsets):
            anchors, frames = _meeting(predictions.shape[1], latents.shape[1], offset)
            scores[:, anchors, k] = (predictions[:, anchors, k] * latents[:, frames]).sum(-1)
        return scores

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        predictions, latents = ctx.saved_tensors
        of_predictions, of_latents = torch.empty_like(predictions), torch.zeros_like(latents)
        for k, offset in enumerate(ctx.offsets):
            anchors, frames = _meeting(predictions.shape[1], latents.shape[1], offset)
            weight = gradient[:, anchors, k, None]
            of_predictions[:, anchors, k] = weight * latents[:, frames]
            of_predictions[:, : anchors.start, k], of_predictions[:, anchors.stop :, k] = 0, 0
            of_latents[:, frames].addcmul_(weight, predictions[:, anchors, k])
        return of_predictions, of_latents, None
