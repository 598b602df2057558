"""Typicality of decoded latents: RMS, and distance of single frames to the frames of the analysed corpus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.inference.starting_latents import DecodeSource, ModuleRef
from trainer.edits import Edit
from trainer.metrics.prior.typicality import cumulative_shares, distances, two_sided

MAX_FRAMES = 512
"""Maximum number of frames that are compared with the corpus: 2.6 ms at 64 dimensions on one core."""


def prior_distance(source: DecodeSource, edits: Sequence[Edit], latents: Tensor) -> dict[str, Any]:
    """PriorDistance of `latents` [D, L], those of `source` after `edits`."""
    rms = float(torch.linalg.vector_norm(latents)) / math.sqrt(latents.numel())
    return {"rms": rms, "beyond": _share_beyond(rms, source.ref), **_frame_typicality(source, edits, latents)}


def _frame_typicality(source: DecodeSource, edits: Sequence[Edit], latents: Tensor) -> dict[str, Any]:
    reference = source.ref.record.typicality.get(source.ref.module)
    if reference is None or source.noisy:  # the reference frames are posterior means, without noise
        return {"typical": None, "least": None}
    frames = compared_frames(source, edits, latents.shape[1])
    cumulative = cumulative_shares(distances(latents[:, torch.from_numpy(frames)], reference), reference)
    shares = two_sided(cumulative)
    least = int(shares.argmin())
    seconds = source.ref.geometry.frame_centre_seconds(int(frames[least]))
    return {
        "typical": float(np.median(shares)),
        "least": {
            "share": float(shares[least]),
            "at": min(max(seconds, 0.0), source.duration),
            "side": "near" if cumulative[least] < 0.5 else "far",
            "frames": len(frames),
        },
    }


def compared_frames(source: DecodeSource, edits: Sequence[Edit], count: int) -> NDArray[np.int64]:
    """Indices, out of `count`, of the frames in the spans of `edits`, at most MAX_FRAMES evenly spaced ones.

    All frames count if there is no edit or if an edit has no span.
    """
    edited = np.zeros(count, dtype=bool)
    for start, end in {(edit.start, edit.end) for edit in edits} or {(None, None)}:
        edited[source.ref.geometry.frame_span(start, end, count)] = True
    frames = np.flatnonzero(edited)
    return frames[np.linspace(0, len(frames) - 1, min(len(frames), MAX_FRAMES)).round().astype(np.int64)]


def _share_beyond(rms: float, ref: ModuleRef) -> float | None:
    """Share of corpus frames whose latents have an RMS above `rms`; None if the report does not have it."""
    modules = ref.record.report.modules if ref.record.report is not None else ()
    prior = next((report.prior for report in modules if report.module == ref.module), None)
    if prior is None:
        return None
    return 1.0 - float(np.interp(rms, *_cumulative(prior.frame_rms_quantiles)))


@lru_cache(maxsize=64)
def _cumulative(quantiles: tuple[float, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cumulative distribution from equally spaced `quantiles`: values, and the share below each."""
    return np.asarray(quantiles), np.linspace(0.0, 1.0, len(quantiles))
