"""A recording of a corpus, with its labels and timed segments."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

SILENCE = ""
"""Label of silence in every corpus, whatever its files call it (`sil`, `pau`, `#`, ...)."""


class CorpusError(ValueError):
    """Unusable recordings or labels. The message names the file and the remedy, never a path."""


@dataclass(frozen=True)
class Segment:
    """A labelled section of a recording, usually a phone, from `start` to `end` seconds."""

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Recording:
    """One audio file, not read yet; `duration` in seconds.

    `labels` hold for the whole recording. `segments` are ordered by time and do not overlap.
    """

    path: Path
    duration: float
    labels: dict[str, str | float] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    @property
    def phones(self) -> tuple[Segment, ...]:
        """The timed phones without silence."""
        return tuple(segment for segment in self.segments if segment.label != SILENCE)


def clip_segments(segments: tuple[Segment, ...], duration: float) -> tuple[Segment, ...]:
    """The segments within `duration` seconds, the last one shortened: label files often exceed the recording."""
    inside = itertools.takewhile(lambda segment: segment.start < duration, segments)
    return tuple(Segment(s.start, min(s.end, duration), s.label) for s in inside)
