"""The clips in which each dimension reaches its highest and lowest values.

They come from the bundle's own examples, which every page can play, or from the analysed recordings if it has none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trainer import bundle
from trainer.bundle import Example, Report, TopActivation
from trainer.corpus import SILENCE, Recording, Segment
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_samples import FrameSamples, sample_frames
from trainer.evaluation.selection import Clip
from trainer.metrics.latents.top_activations import playback_span, top_activations
from trainer.model import Model

PER_DIRECTION = 3
_MIN_DISTANCE = 0.2  # seconds between two activations in one clip
_MIN_SECONDS = 0.25  # shortest segment to play
_EXAMPLES = "examples"


def add_top_activations(report: Report, path: Path, model: Model, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with the top activations of every dimension, and one line on their source."""
    examples = example_clips(path)
    used = sample_frames(model, examples) if examples else samples
    for module, latents in used.latents.items():
        facts = {
            dim: {"evidence": _top_activations(values, used, bool(examples))} for dim, values in enumerate(latents.T)
        }
        report = with_facts(report, module, facts)
    return report, [
        f"{PER_DIRECTION} highest and {PER_DIRECTION} lowest activations per dimension, {source(used, examples)}"
    ]


def source(samples: FrameSamples, examples: list[Clip]) -> str:
    """The source of `samples`: the bundle's examples, or recordings if it has none."""
    if examples:
        return f"from the bundle's {len(examples)} examples"
    return f"from {len(samples.clips)} recordings (the bundle has no examples)"


def example_clips(path: Path) -> list[Clip]:
    """The example clips of the bundle at `path`, named by their ids."""
    return [Clip(_recording(path, one), _EXAMPLES, one.id) for one in bundle.read_examples(path)]


def _recording(path: Path, one: Example) -> Recording:
    labels: dict[str, str | float] = {
        name: value for name in ("speaker", "formant_scale", "rate") if (value := getattr(one, name)) is not None
    }
    segments = tuple(Segment(phone.start, phone.end, phone.phone) for phone in one.phones)
    return Recording(path / _EXAMPLES / one.file, one.duration, labels, segments)


def _top_activations(values: np.ndarray, samples: FrameSamples, example: bool) -> tuple[TopActivation, ...]:
    """The highest of `values` [N], highest first, then the lowest, lowest first."""
    found = []
    for direction, signed in (("up", values), ("down", -values)):
        for index in top_activations(signed, samples.clip_index, samples.seconds, PER_DIRECTION, _MIN_DISTANCE):
            clip, time = samples.clips[samples.clip_index[index]], float(samples.seconds[index])
            phone = next((each for each in clip.recording.segments if each.start <= time < each.end), None)
            # Silence may be long and sounds the same throughout: play the shortest segment
            span = None if phone is None or phone.label == SILENCE else (phone.start, phone.end)
            start, end = playback_span(time, span, _MIN_SECONDS, clip.recording.duration)
            found.append(
                TopActivation.model_validate(
                    {
                        "clip": clip.name if example else f"{clip.corpus}/{clip.name}",
                        "example": example,
                        "way": direction,
                        "value": float(values[index]),
                        "at": round(time, 3),
                        "start": round(start, 3),
                        "end": round(end, 3),
                        "phone": None if phone is None else phone.label,
                    }
                )
            )
    return tuple(found)
