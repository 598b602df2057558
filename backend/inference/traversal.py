"""Traversals: spectrograms along one or two dimensions or between two clips, without sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from backend.errors import invalid
from backend.inference.decoding import check_edit, check_edits, check_span, edited_spectrogram
from backend.inference.engine import Engine
from backend.inference.rendering import FrameSlice
from backend.inference.starting_latents import DecodeSource, check_top_k, encode_clip, get_module, get_source
from backend.schemas import MAX_SPECTROGRAMS, InterpolateRequest, TraverseRequest, Window
from trainer.edits import Edit, distance_shares, move_toward

MAX_TOTAL_SECONDS = 300.0
"""Sound per request: some seconds of work and 7 MB of spectrograms."""


@dataclass(frozen=True)
class Traversal:
    """Jobs that compute the spectrograms, in order, and the other fields of the response."""

    jobs: Sequence[Callable[[], dict[str, Any]]]
    content: dict[str, Any]


@dataclass(frozen=True)
class TimeWindow:
    """Part of each sound to show: `frame_slice`, or all of it (None); `start` and `duration` in seconds."""

    frame_slice: FrameSlice | None
    start: float
    duration: float

    def check_total(self, count: int, field: str) -> None:
        """Raises Problem with the request field `field` if `count` spectrograms are too long together."""
        if count * self.duration > MAX_TOTAL_SECONDS:
            fault = f"{count} spectrograms of {self.duration:.4g} s exceed {MAX_TOTAL_SECONDS:g} s of sound"
            raise invalid(field, f"{fault}; request fewer, or a shorter window")


def traverse(engine: Engine, request: TraverseRequest) -> Traversal:
    """One row per value of `dim`, one column per value of `across`, set after the edits of the request.

    Raises Problem.
    """
    source = get_source(engine, request)
    check_span(source.duration, request.start, request.end, "")
    rows = _set_edits(request, request.dim, request.values)
    columns: list[list[Edit]] = [[]]
    if request.across is not None:
        if request.across.dim == request.dim:
            raise invalid("across.dim", "must differ from dim; choose another dimension")
        columns = _set_edits(request, request.across.dim, request.across.values)
    _check_count(len(rows), len(columns))
    window = _time_window(engine, request.window, source.samples, source.ref.record.sample_rate)
    window.check_total(len(rows) * len(columns), "values")
    check_edits(source, request.edits)
    check_edit(source, rows[0][0])
    for edit in columns[0]:
        check_edit(source, edit, "across.")
    cells = [[*request.edits, *row, *column] for row in rows for column in columns]
    jobs = [partial(edited_spectrogram, engine, source, edits, window.frame_slice) for edits in cells]
    return Traversal(jobs, {"rows": len(rows), "columns": len(columns), "start": window.start})


def interpolate(engine: Engine, request: InterpolateRequest) -> Traversal:
    """Equal steps from the first clip to the second, as /decode computes them with `toward`. Raises Problem."""
    ref = get_module(engine, request.model, request.module)
    check_top_k(ref, request.top_k, "top_k")
    samples, encoding = encode_clip(engine, ref, request.from_, "from")
    _, other = encode_clip(engine, ref, request.to, "to")
    window = _time_window(engine, request.window, samples, ref.record.sample_rate)
    window.check_total(request.steps, "steps")
    first, second = (clip.posteriors[ref.module - 1].mean for clip in (encoding, other))

    def step(share: float) -> dict[str, Any]:
        latents = move_toward(first, second, share, request.top_k)
        source = DecodeSource(ref, latents, samples, "from", encoding.gain)
        return edited_spectrogram(engine, source, (), window.frame_slice)

    jobs = [partial(step, share) for share in np.linspace(0, 1, request.steps).tolist()]
    return Traversal(jobs, {"contribution": distance_shares(first, second).numpy(), "start": window.start})


def _time_window(engine: Engine, window: Window | None, samples: int, sample_rate: int) -> TimeWindow:
    duration = samples / sample_rate
    if window is None:
        return TimeWindow(None, 0.0, duration)
    check_span(duration, window.start, window.end, "window.")
    frame_slice = engine.spectrograms.frame_slice(window.start, window.end, samples, sample_rate)
    return TimeWindow(frame_slice, frame_slice.start, window.end - window.start)


def _set_edits(request: TraverseRequest, dim: int, values: Sequence[float]) -> list[list[Edit]]:
    """For each value, the edits that set `dim` to it."""
    return [[Edit(dim=dim, op="set", value=value, start=request.start, end=request.end)] for value in values]


def _check_count(rows: int, columns: int) -> None:
    if rows * columns > MAX_SPECTROGRAMS:
        fault = f"{rows} x {columns} spectrograms exceed the limit of {MAX_SPECTROGRAMS}; send fewer values"
        raise invalid("across.values", fault)
