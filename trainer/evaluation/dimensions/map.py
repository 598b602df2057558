"""Maps of what every module makes of sounds: of the bundle's own examples, which every page can play, or, where it has
none, of recordings of a corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Report
from trainer.corpus import SILENCE
from trainer.evaluation.dimensions.top_activations import examples
from trainer.evaluation.frame_labels import Track, known
from trainer.evaluation.frame_samples import Moments, gather
from trainer.figures.map_points import MAP_KEY, ModulePoints, Places, PointMap, Unit, packed
from trainer.metrics.latents.principal_plane import principal_plane
from trainer.metrics.latents.top_activations import span_around
from trainer.metrics.latents.umap import INSTALLED, MISSING, neighbour_plane
from trainer.model import Model

MOST_FRAMES, MOST_CLIPS = 400, 40
_LEAST_SECONDS = 0.25  # that are worth playing
_LEAST_POINTS = 3
_DIGITS = 3

Members = NDArray[np.int64]
"""Which moments a point is the mean of."""
Stretch = tuple[int, float, float]
"""Of which recording, and its beginning and end in seconds."""


def add_map(report: Report, path: Path, model: Model, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with a map of each unit there is, and lines that say of what. Raises ValueError where there are too few
    recordings for any.
    """
    own = examples(path)
    used = gather(model, own or moments.chosen[:MOST_CLIPS])
    ways: dict[Unit, Callable[[Moments], Iterator[tuple[Members, Stretch]]]] = {
        "phone": _phones,
        "frame": _frames,
        "utterance": _utterances,
    }
    found = [_map(unit, used, list(points(used)), bool(own)) for unit, points in ways.items()]
    maps = [one for one in found if one is not None]
    if not maps:
        raise ValueError(f"a map takes {_LEAST_POINTS} sounds or more")
    source = f"the bundle's {len(own)} examples" if own else f"{len(used.chosen)} recordings, as it has no examples"
    lines = [f"{len(one.clips)} {one.unit}s" for one in maps] + [f"of {source}"]
    rows = [one.model_dump(mode="json") for one in maps]
    return report.model_copy(update={MAP_KEY: rows}), [", ".join(lines), *([] if INSTALLED else [MISSING])]


def _frames(moments: Moments) -> Iterator[tuple[Members, Stretch]]:
    """Moments of speech, evenly spread, each with enough around it to be heard."""
    speech = np.flatnonzero(known(moments.tracks["position"]))
    for index in speech[:: -(-len(speech) // MOST_FRAMES) or 1].tolist():
        recording, at = int(moments.recording[index]), float(moments.seconds[index])
        start, end = span_around(at, None, _LEAST_SECONDS, moments.chosen[recording].recording.duration)
        yield np.array([index]), (recording, start, end)


def _phones(moments: Moments) -> Iterator[tuple[Members, Stretch]]:
    """Timed phones with a moment in them."""
    for number, one in enumerate(moments.chosen):
        for phone in one.recording.segments:
            inside = (moments.seconds >= phone.start) & (moments.seconds < phone.end)
            members = np.flatnonzero(inside & (moments.recording == number))
            if phone.label != SILENCE and len(members):
                yield members, (number, phone.start, phone.end)


def _utterances(moments: Moments) -> Iterator[tuple[Members, Stretch]]:
    for number, one in enumerate(moments.chosen):
        members = np.flatnonzero(moments.recording == number)
        if len(members):
            yield members, (number, 0.0, one.recording.duration)


def _map(unit: Unit, moments: Moments, points: Sequence[tuple[Members, Stretch]], own: bool) -> PointMap | None:
    """None where there are too few points."""
    if len(points) < _LEAST_POINTS:
        return None
    members = [each for each, _ in points]
    chosen = [moments.chosen[recording] for _, (recording, _, _) in points]
    return PointMap(
        unit=unit,
        examples=own,
        clips=tuple(one.name if own else f"{one.corpus}/{one.name}" for one in chosen),
        start=tuple(round(start, _DIGITS) for _, (_, start, _) in points),
        end=tuple(round(end, _DIGITS) for _, (_, _, end) in points),
        labels=_labels(unit, moments, members),
        modules=tuple(_module(module, latents, members) for module, latents in moments.latents.items()),
    )


def _labels(unit: Unit, moments: Moments, members: Sequence[Members]) -> dict[str, tuple[str | float | None, ...]]:
    """By factor, of each point: the one name that all its moments share, or the mean of a quantity. What no point has,
    and where in itself an utterance lies, is left out.
    """
    labels = {}
    for name, track in moments.tracks.items():
        values = [_label(track[each]) for each in members]
        if name == "f0":  # octaves over 1 Hz
            values = [None if value is None else round(2.0 ** float(value), 1) for value in values]
        if any(value is not None for value in values) and (unit, name) != ("utterance", "position"):
            labels[name] = tuple(values)
    return labels


def _label(track: Track) -> str | float | None:
    there = track[known(track)]
    if not len(there):
        return None
    if there.dtype.kind == "U":
        return str(there[0]) if len(set(there.tolist())) == 1 else None
    return round(float(there.astype(np.float64).mean()), _DIGITS)


def _module(module: int, latents: NDArray[np.floating], members: Sequence[Members]) -> ModulePoints:
    values = np.stack([latents[each].mean(0) for each in members])
    plane, neighbours = principal_plane(values), neighbour_plane(values)
    return ModulePoints(
        module=module,
        centre=tuple(plane.centre.round(_DIGITS).tolist()),
        axes=(_rounded(plane.axes[0]), _rounded(plane.axes[1])),
        shares=(round(float(plane.shares[0]), _DIGITS), round(float(plane.shares[1]), _DIGITS)),
        places=_places(plane.project(values)),
        neighbours=None if neighbours is None else _places(neighbours),
        latents=packed(values),
    )


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(values.round(_DIGITS + 1).tolist())


def _places(values: NDArray[np.float64]) -> Places:
    return tuple((x, y) for x, y in values.round(_DIGITS).tolist())
