"""/traverse and /interpolate: many sounds on a way through the latents, each what /decode makes of that place, seen and
not heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from backend.bases import Base, base_of, check_top_k, depth_of, encoded_clip
from backend.decoding import Decoded, check_edit, check_edits, edited
from backend.engine import Engine
from backend.errors import invalid
from backend.schemas import MOST_CELLS, InterpolateRequest, TraverseRequest
from trainer.edits import Edit, contributions, toward

MOST_SECONDS = 300.0
"""Of sound that one request may ask for: some seconds of work and 7 MB of pictures."""


@dataclass(frozen=True)
class Walk:
    """What is to be decoded, in order, and the rest of the answer, which is known before."""

    steps: Sequence[Callable[[], Decoded]]
    facts: dict[str, Any]


def traversal(engine: Engine, request: TraverseRequest) -> Walk:
    """A row for each value of `dim` and a column for each of `across`, each set after the request's own edits. Raises
    Problem.
    """
    base = base_of(engine, request)
    rows = _settings(request, request.dim, request.values)
    columns: list[list[Edit]] = [[]]
    if request.across is not None:
        if request.across.dim == request.dim:
            raise invalid("across.dim", "is set along the rows already; choose another dimension")
        columns = _settings(request, request.across.dim, request.across.values)
    _check_count(len(rows), len(columns))
    _check_seconds(len(rows) * len(columns), base.duration, "values")
    check_edits(base, request.edits)
    check_edit(base, rows[0][0])
    for edit in columns[0]:
        check_edit(base, edit, "across.")
    steps = [partial(edited, base, [*request.edits, *row, *column]) for row in rows for column in columns]
    return Walk(steps, {"rows": len(rows), "columns": len(columns)})


def interpolation(engine: Engine, request: InterpolateRequest) -> Walk:
    """Equal steps from the first clip to the second, as /decode takes them with `toward`. Raises Problem."""
    depth = depth_of(engine, request.model, request.module)
    check_top_k(depth, request.top_k, "top_k")
    samples, encoded = encoded_clip(engine, depth, request.from_, "from")
    _, other = encoded_clip(engine, depth, request.to, "to")
    _check_seconds(request.steps, samples / depth.entry.sample_rate, "steps")
    first, second = (one.posteriors[depth.module - 1].mean for one in (encoded, other))

    def step(share: float) -> Decoded:
        latents = toward(first, second, share, request.top_k)
        return edited(Base(depth, latents, samples, "from", encoded.gain), ())

    steps = [partial(step, share) for share in np.linspace(0, 1, request.steps).tolist()]
    return Walk(steps, {"contribution": contributions(first, second).numpy()})


def _settings(request: TraverseRequest, dim: int, values: Sequence[float]) -> list[list[Edit]]:
    """For each value, the edits that set `dim` to it."""
    return [[Edit(dim=dim, op="set", value=value, start=request.start, end=request.end)] for value in values]


def _check_count(rows: int, columns: int) -> None:
    if rows * columns > MOST_CELLS:
        raise invalid("across.values", f"{rows} x {columns} are more than {MOST_CELLS} pictures; give fewer values")


def _check_seconds(pictures: int, duration: float, field: str) -> None:
    if pictures * duration > MOST_SECONDS:
        fault = f"{pictures} pictures of {duration:.4g} s are more than {MOST_SECONDS:g} s of sound"
        raise invalid(field, f"{fault}; ask for fewer of them or start from a shorter clip")
