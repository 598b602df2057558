"""/traverse and /interpolate: many sounds on a way through the latents, each what /decode makes of that place, seen and
not heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from backend.errors import invalid
from backend.inference.decoding import check_edit, check_edits, check_span, seen
from backend.inference.engine import Engine
from backend.inference.rendering import Excerpt
from backend.inference.starting_latents import Base, base_of, check_top_k, depth_of, encoded_clip
from backend.schemas import MOST_CELLS, InterpolateRequest, TraverseRequest, Window
from trainer.edits import Edit, contributions, toward

MOST_SECONDS = 300.0
"""Of sound that one request may show: some seconds of work and 7 MB of pictures."""


@dataclass(frozen=True)
class Walk:
    """The spectrograms to be made, in order, and the rest of the answer, which is known before."""

    pictures: Sequence[Callable[[], dict[str, Any]]]
    facts: dict[str, Any]


def traversal(engine: Engine, request: TraverseRequest) -> Walk:
    """A row for each value of `dim` and a column for each of `across`, each set after the request's own edits. Raises
    Problem.
    """
    base = base_of(engine, request)
    check_span(base.duration, request.start, request.end, "")
    rows = _settings(request, request.dim, request.values)
    columns: list[list[Edit]] = [[]]
    if request.across is not None:
        if request.across.dim == request.dim:
            raise invalid("across.dim", "is set along the rows already; choose another dimension")
        columns = _settings(request, request.across.dim, request.across.values)
    _check_count(len(rows), len(columns))
    view = _view(engine, request.window, base.samples, base.depth.entry.sample_rate)
    view.check(len(rows) * len(columns), "values")
    check_edits(base, request.edits)
    check_edit(base, rows[0][0])
    for edit in columns[0]:
        check_edit(base, edit, "across.")
    ways = [[*request.edits, *row, *column] for row in rows for column in columns]
    pictures = [partial(seen, engine, base, edits, view.excerpt) for edits in ways]
    return Walk(pictures, {"rows": len(rows), "columns": len(columns), "start": view.start})


def interpolation(engine: Engine, request: InterpolateRequest) -> Walk:
    """Equal steps from the first clip to the second, as /decode takes them with `toward`. Raises Problem."""
    depth = depth_of(engine, request.model, request.module)
    check_top_k(depth, request.top_k, "top_k")
    samples, encoded = encoded_clip(engine, depth, request.from_, "from")
    _, other = encoded_clip(engine, depth, request.to, "to")
    view = _view(engine, request.window, samples, depth.entry.sample_rate)
    view.check(request.steps, "steps")
    first, second = (one.posteriors[depth.module - 1].mean for one in (encoded, other))

    def step(share: float) -> dict[str, Any]:
        latents = toward(first, second, share, request.top_k)
        return seen(engine, Base(depth, latents, samples, "from", encoded.gain), (), view.excerpt)

    pictures = [partial(step, share) for share in np.linspace(0, 1, request.steps).tolist()]
    return Walk(pictures, {"contribution": contributions(first, second).numpy(), "start": view.start})


@dataclass(frozen=True)
class View:
    """What is shown of each sound: `excerpt` or all, from `start` on and for `duration`, in seconds."""

    excerpt: Excerpt | None
    start: float
    duration: float

    def check(self, pictures: int, field: str) -> None:
        """Raise Problem naming `field` where so many pictures are too much."""
        if pictures * self.duration > MOST_SECONDS:
            fault = f"{pictures} pictures of {self.duration:.4g} s are more than {MOST_SECONDS:g} s of sound"
            raise invalid(field, f"{fault}; ask for fewer, or for a window of the clip")


def _view(engine: Engine, window: Window | None, samples: int, sample_rate: int) -> View:
    duration = samples / sample_rate
    if window is None:
        return View(None, 0.0, duration)
    check_span(duration, window.start, window.end, "window.")
    excerpt = engine.spectrograms.excerpt(window.start, window.end, samples, sample_rate)
    return View(excerpt, excerpt.start, window.end - window.start)


def _settings(request: TraverseRequest, dim: int, values: Sequence[float]) -> list[list[Edit]]:
    """For each value, the edits that set `dim` to it."""
    return [[Edit(dim=dim, op="set", value=value, start=request.start, end=request.end)] for value in values]


def _check_count(rows: int, columns: int) -> None:
    if rows * columns > MOST_CELLS:
        raise invalid("across.values", f"{rows} x {columns} are more than {MOST_CELLS} pictures; give fewer values")
