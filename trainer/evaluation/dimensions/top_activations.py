"""Where each dimension is driven farthest up and down: in the bundle's own examples, which every page can play, or,
where it has none, in recordings of a corpus.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trainer import bundle
from trainer.bundle import Evidence, Example, Report
from trainer.corpus import SILENCE, Recording, Segment
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.frame_samples import Moments, gather
from trainer.evaluation.selection import Chosen
from trainer.metrics.latents.top_activations import farthest, span_around
from trainer.model import Model

EACH_WAY = 3
_APART, _LEAST = 0.2, 0.25  # seconds between two pieces of evidence, and of the shortest that is worth playing
_EXAMPLES = "examples"


def add_evidence(report: Report, path: Path, model: Model, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with the evidence of every dimension, and a line that says where it is from."""
    own = examples(path)
    used = gather(model, own) if own else moments
    for module, latents in used.latents.items():
        facts = {dim: {"evidence": _of_dimension(values, used, bool(own))} for dim, values in enumerate(latents.T)}
        report = with_facts(report, module, facts)
    source = f"the bundle's {len(own)} examples" if own else f"{len(used.chosen)} recordings, as it has no examples"
    return report, [f"{EACH_WAY} stretches each way for every dimension, of {source}"]


def examples(path: Path) -> list[Chosen]:
    """The example clips of the bundle at `path` as recordings, by their ids."""
    return [Chosen(_recording(path, one), _EXAMPLES, one.id) for one in bundle.read_examples(path)]


def _recording(path: Path, one: Example) -> Recording:
    labels: dict[str, str | float] = {
        name: value for name in ("speaker", "formant_scale", "rate") if (value := getattr(one, name)) is not None
    }
    segments = tuple(Segment(phone.start, phone.end, phone.phone) for phone in one.phones)
    return Recording(path / _EXAMPLES / one.file, one.duration, labels, segments)


def _of_dimension(values: np.ndarray, moments: Moments, example: bool) -> tuple[Evidence, ...]:
    """Evidence for `values` [n], farthest up first, then farthest down first."""
    found = []
    for way, signed in (("up", values), ("down", -values)):
        for index in farthest(signed, moments.recording, moments.seconds, EACH_WAY, _APART):
            one, at = moments.chosen[moments.recording[index]], float(moments.seconds[index])
            phone = next((each for each in one.recording.segments if each.start <= at < each.end), None)
            # Silence may last long, and all of it sounds alike
            heard = None if phone is None or phone.label == SILENCE else (phone.start, phone.end)
            start, end = span_around(at, heard, _LEAST, one.recording.duration)
            found.append(
                Evidence.model_validate(
                    {
                        "clip": one.name if example else f"{one.corpus}/{one.name}",
                        "example": example,
                        "way": way,
                        "value": float(values[index]),
                        "at": round(at, 3),
                        "start": round(start, 3),
                        "end": round(end, 3),
                        "phone": None if phone is None else phone.label,
                    }
                )
            )
    return tuple(found)
