"""Two-dimensional maps of phones, frames and utterances, for every module.

They show the bundle's own examples, which every page can play, or the analysed recordings if it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Report
from trainer.corpus import SILENCE
from trainer.evaluation.dimensions.top_activation_clips import example_clips, source
from trainer.evaluation.frame_labels import Labels, is_known
from trainer.evaluation.frame_samples import FrameSamples, sample_frames
from trainer.figures.map_points import MAP_KEY, ModulePoints, Places, PointMap, Unit, pack_latents
from trainer.metrics.latents.principal_plane import principal_plane
from trainer.metrics.latents.top_activations import playback_span
from trainer.metrics.latents.umap import INSTALLED, MISSING, umap_projection
from trainer.model import Model

MAX_FRAMES, MAX_CLIPS = 400, 40
_MIN_SECONDS = 0.25  # shortest segment to play
_MIN_POINTS = 3
_DIGITS = 3

Members = NDArray[np.int64]
"""Indices of the time points whose mean is one point of the map."""
Segment = tuple[int, float, float]
"""Index of a clip, and start and end in seconds."""


def add_map(report: Report, path: Path, model: Model, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with one map per unit, and lines to print. Raises ValueError if there are too few recordings."""
    examples = example_clips(path)
    used = sample_frames(model, examples or samples.clips[:MAX_CLIPS])
    units: dict[Unit, Callable[[FrameSamples], Iterator[tuple[Members, Segment]]]] = {
        "phone": _phones,
        "frame": _frames,
        "utterance": _utterances,
    }
    found = [_map(unit, used, list(points(used)), bool(examples)) for unit, points in units.items()]
    maps = [one for one in found if one is not None]
    if not maps:
        raise ValueError(f"a map needs at least {_MIN_POINTS} points")
    counts = ", ".join(f"{len(one.clips)} {one.unit}s" for one in maps)
    rows = [one.model_dump(mode="json") for one in maps]
    lines = [f"{counts}, {source(used, examples)}", *([] if INSTALLED else [MISSING])]
    return report.model_copy(update={MAP_KEY: rows}), lines


def _frames(samples: FrameSamples) -> Iterator[tuple[Members, Segment]]:
    """Evenly spaced time points of speech, each with a segment long enough to play."""
    speech = np.flatnonzero(is_known(samples.labels["position"]))
    for index in speech[:: -(-len(speech) // MAX_FRAMES) or 1].tolist():
        clip, time = int(samples.clip_index[index]), float(samples.seconds[index])
        start, end = playback_span(time, None, _MIN_SECONDS, samples.clips[clip].recording.duration)
        yield np.array([index]), (clip, start, end)


def _phones(samples: FrameSamples) -> Iterator[tuple[Members, Segment]]:
    """Timed phones that contain a time point."""
    for number, clip in enumerate(samples.clips):
        for phone in clip.recording.segments:
            inside = (samples.seconds >= phone.start) & (samples.seconds < phone.end)
            members = np.flatnonzero(inside & (samples.clip_index == number))
            if phone.label != SILENCE and len(members):
                yield members, (number, phone.start, phone.end)


def _utterances(samples: FrameSamples) -> Iterator[tuple[Members, Segment]]:
    for number, clip in enumerate(samples.clips):
        members = np.flatnonzero(samples.clip_index == number)
        if len(members):
            yield members, (number, 0.0, clip.recording.duration)


def _map(
    unit: Unit, samples: FrameSamples, points: Sequence[tuple[Members, Segment]], from_examples: bool
) -> PointMap | None:
    """None if there are too few points."""
    if len(points) < _MIN_POINTS:
        return None
    members = [each for each, _ in points]
    clips = [samples.clips[index] for _, (index, _, _) in points]
    return PointMap(
        unit=unit,
        examples=from_examples,
        clips=tuple(clip.name if from_examples else f"{clip.corpus}/{clip.name}" for clip in clips),
        start=tuple(round(start, _DIGITS) for _, (_, start, _) in points),
        end=tuple(round(end, _DIGITS) for _, (_, _, end) in points),
        labels=_labels(unit, samples, members),
        modules=tuple(_module(module, latents, members) for module, latents in samples.latents.items()),
    )


def _labels(unit: Unit, samples: FrameSamples, members: Sequence[Members]) -> dict[str, tuple[str | float | None, ...]]:
    """The label of each point, by factor: the class that all its time points share, or the mean of a quantity.

    Factors without any known value are left out, and so is the position of a whole utterance.
    """
    labels = {}
    for name, of_factor in samples.labels.items():
        values = [_label(of_factor[each]) for each in members]
        if name == "f0":  # octaves above 1 Hz
            values = [None if value is None else round(2.0 ** float(value), 1) for value in values]
        if any(value is not None for value in values) and (unit, name) != ("utterance", "position"):
            labels[name] = tuple(values)
    return labels


def _label(labels: Labels) -> str | float | None:
    known = labels[is_known(labels)]
    if not len(known):
        return None
    if known.dtype.kind == "U":
        return str(known[0]) if len(set(known.tolist())) == 1 else None
    return round(float(known.astype(np.float64).mean()), _DIGITS)


def _module(module: int, latents: NDArray[np.floating], members: Sequence[Members]) -> ModulePoints:
    values = np.stack([latents[each].mean(0) for each in members])
    plane, neighbours = principal_plane(values), umap_projection(values)
    return ModulePoints(
        module=module,
        centre=tuple(plane.centre.round(_DIGITS).tolist()),
        axes=(_rounded(plane.axes[0]), _rounded(plane.axes[1])),
        shares=(round(float(plane.shares[0]), _DIGITS), round(float(plane.shares[1]), _DIGITS)),
        places=_places(plane.project(values)),
        neighbours=None if neighbours is None else _places(neighbours),
        latents=pack_latents(values),
    )


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(values.round(_DIGITS + 1).tolist())


def _places(values: NDArray[np.float64]) -> Places:
    return tuple((x, y) for x, y in values.round(_DIGITS).tolist())
