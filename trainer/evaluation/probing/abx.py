"""ABX errors of every layer on the timed phones of recordings, next to log-mel and random weights.

Frames are standardised per dimension over all phones. Distances are angular: between means over a phone, or between its
frames along a dynamic time warping path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from trainer import bundle
from trainer.config import Config
from trainer.corpus import read_recording
from trainer.evaluation.report_rows import interval_of
from trainer.evaluation.representations import labelled_waveforms, with_baselines
from trainer.evaluation.selection import Clip, Split, evenly_spaced, min_clip_seconds, select_clips
from trainer.evaluation.text_table import Interval, format_interval, grouped_table
from trainer.metrics.probing.abx import ACROSS, WITHIN, Triples, abx_estimate, draw_triples, triple_errors
from trainer.metrics.probing.pooling import (
    LOG_MEL,
    LOG_MEL_BANDS,
    UNTRAINED,
    Features,
    RepresentationSource,
    Span,
    span_frames,
)
from trainer.metrics.probing.time_warping import angular_distances, unit_frames, warped_distances

ABX_KEY = "abx"
POOLED, WARPED = "means", "frames (DTW)"
MIN_TOKENS = 10
"""A phone with fewer tokens is left out."""
_UNTRAINED_RECORDINGS = 64


@dataclass(frozen=True)
class AbxOptions:
    """Settings of the measurement.

    `clips`, `segments`: maximum numbers of evenly spaced recordings and phones of the `split`. `triples`: per ordered
    pair of phones. `bands`: of the log-mel baseline. `seed`: of the random weights and of the triples.
    """

    split: Split = "all"
    clips: int = 600
    segments: int = 6000
    triples: int = 20
    bands: int = LOG_MEL_BANDS
    seed: int = 0


@dataclass(frozen=True)
class AbxRow:
    """The error (0 to 1; 0.5 is chance) of one representation with its 95 % interval, over `n` triples.

    `distance`: between means over a phone, or DTW over its frames. `minus_log_mel`, `minus_untrained`: paired
    differences over the same triples (negative is better); None without a counterpart.
    """

    speakers: str
    distance: str
    representation: str
    error: float
    low: float
    high: float
    n: int
    phones: int
    voices: int
    minus_log_mel: Interval | None = None
    minus_untrained: Interval | None = None


@dataclass(frozen=True)
class _Tokens:
    """Phones and their speakers [n], and the standardised frames of each in every representation."""

    phones: NDArray[np.str_]
    speakers: NDArray[np.str_]
    frames: dict[str, list[Features]]


def measure_abx(path: Path, folders: Sequence[Path], options: AbxOptions) -> tuple[list[AbxRow], list[str]]:
    """One row per representation and distance, across and within speakers, and notes on the data.

    Raises ValueError if the recordings have too few timed phones.
    """
    header = bundle.read_config(path)
    config = header.config
    clips = select_clips(folders, header, options.split, options.clips, min_seconds=min_clip_seconds(config))
    tokens = _tokens(clips, _sources(path, config, clips, options), config, options)
    rows, notes = [], []
    for speakers, across in ((ACROSS, True), (WITHIN, False)):
        try:
            triples = draw_triples(tokens.phones, tokens.speakers, options.triples, across=across, seed=options.seed)
        except ValueError as reason:
            notes.append(f"Not measured {speakers}: {reason}.")
            continue
        rows += list(_rows(tokens, triples, speakers))
    if not rows:
        raise ValueError(" ".join(notes))
    return rows, [_protocol(tokens, options), *notes]


def _tokens(
    clips: Sequence[Clip], sources: Sequence[RepresentationSource], config: Config, options: AbxOptions
) -> _Tokens:
    found = [(index, phone) for index, clip in enumerate(clips) for phone in clip.recording.phones]
    found = [found[index] for index in evenly_spaced(len(found), options.segments)]
    names, counts = np.unique([phone.label for _, phone in found], return_counts=True)
    frequent = set(names[counts >= MIN_TOKENS].tolist())
    found = [(index, phone) for index, phone in found if phone.label in frequent]
    if len(frequent) < 2:
        raise ValueError(f"ABX needs timed phones: two kinds or more, each with at least {MIN_TOKENS} examples")
    spans: list[list[Span]] = [[] for _ in clips]
    for index, phone in found:
        spans[index].append((phone.start, phone.end))
    frames = span_frames(sources, labelled_waveforms([clip.recording for clip in clips], spans, config))
    return _Tokens(
        np.array([phone.label for _, phone in found]),
        np.array([clips[index].speaker for index, _ in found]),
        {name: _standardised(values) for name, values in frames.items()},
    )


def _sources(path: Path, config: Config, clips: Sequence[Clip], options: AbxOptions) -> list[RepresentationSource]:
    chosen = [clips[index].recording for index in evenly_spaced(len(clips), _UNTRAINED_RECORDINGS)]
    waves = [read_recording(recording, config.sample_rate) for recording in chosen]
    return with_baselines(bundle.load_encoder(path, config), waves, options.bands, options.seed)


def _standardised(tokens: Sequence[Features]) -> list[Features]:
    """Tokens [L, D] with mean 0 and standard deviation 1 per dimension over the frames of all."""
    frames = np.concatenate(tokens)
    mean, deviation = frames.mean(0), frames.std(0)
    return [(token - mean) / np.where(deviation > 0, deviation, 1) for token in tokens]


def _rows(tokens: _Tokens, triples: Triples, speakers: str) -> Iterator[AbxRow]:
    for distance, measure in ((POOLED, _pooled_errors), (WARPED, _warped_errors)):
        bar = tqdm(tokens.frames.items(), desc=f"ABX {speakers}, {distance}", leave=False)
        errors = {name: measure(frames, triples) for name, frames in bar}
        for name, values in errors.items():
            estimate = abx_estimate(triples, values)
            yield AbxRow(
                speakers=speakers,
                distance=distance,
                representation=name,
                error=estimate.mean,
                low=estimate.low,
                high=estimate.high,
                n=estimate.n,
                phones=len(set(tokens.phones.tolist())),
                voices=len(set(tokens.speakers.tolist())),
                minus_log_mel=_difference(triples, values, None if name == LOG_MEL else LOG_MEL, errors),
                minus_untrained=_difference(triples, values, f"{UNTRAINED} {name}", errors),
            )


def _difference(
    triples: Triples, values: NDArray[np.float64], other: str | None, errors: Mapping[str, NDArray[np.float64]]
) -> Interval | None:
    if other is None or other not in errors:
        return None
    differences: NDArray[np.float64] = values - errors[other]
    return interval_of(abx_estimate(triples, differences))


def _pooled_errors(frames: Sequence[Features], triples: Triples) -> NDArray[np.float64]:
    means = unit_frames(np.stack([token.mean(0) for token in frames]))
    to_a = angular_distances((means[triples.x] * means[triples.a]).sum(1))
    to_b = angular_distances((means[triples.x] * means[triples.b]).sum(1))
    return triple_errors(to_a, to_b)


def _warped_errors(frames: Sequence[Features], triples: Triples) -> NDArray[np.float64]:
    unit = [unit_frames(token) for token in frames]
    x = [unit[index] for index in triples.x]
    to_a = warped_distances(x, [unit[index] for index in triples.a])
    to_b = warped_distances(x, [unit[index] for index in triples.b])
    return triple_errors(to_a, to_b)


def _protocol(tokens: _Tokens, options: AbxOptions) -> str:
    return (
        f"{len(tokens.phones)} timed phones of {len(set(tokens.phones.tolist()))} kinds, "
        f"{len(set(tokens.speakers.tolist()))} speakers; {options.triples} triples for each ordered pair of phones, "
        "any context; angular distance of standardised frames. Intervals: 95 %, speakers resampled."
    )


def table(rows: Sequence[AbxRow]) -> list[str]:
    """Lines for the terminal: one block per distance, across and within speakers."""
    return grouped_table(
        rows,
        key=lambda row: (row.speakers, row.distance),
        title=lambda block: (
            f"ABX error {block[0].speakers}, {block[0].distance}, % (lower is better; 50 is chance); n = {block[0].n}"
        ),
        head=("representation", "error", "minus log-mel", "minus untrained"),
        cells=lambda row: (
            row.representation,
            format_interval((row.error, row.low, row.high), digits=1, scale=100),
            format_interval(row.minus_log_mel, digits=1, scale=100, sign="+"),
            format_interval(row.minus_untrained, digits=1, scale=100, sign="+"),
        ),
    )
