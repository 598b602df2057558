"""Trade-off of a sweep: probe accuracy and information of many runs against their distance from N(0, I)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer import bundle
from trainer.bundle import BundleConfig, Report
from trainer.config import DimNoiseConfig, ObjectiveConfig
from trainer.corpus import read_recording
from trainer.evaluation.prior.certificates import certificate_rows, thin_frames
from trainer.evaluation.prior.normality_report import encode_latents
from trainer.evaluation.probing.bounds import probe_predictions
from trainer.evaluation.report_rows import Row, interval_of, probe_estimates, replace_rows
from trainer.evaluation.representations import model_source, target_loudness
from trainer.evaluation.selection import Clip, evenly_spaced, min_clip_seconds, select_clips
from trainer.evaluation.text_table import columns, format_interval
from trainer.figures.tradeoff import BETA, NOISE, TRADEOFF_KEY
from trainer.metrics.prior.energy_distance import energy_distance
from trainer.metrics.prior.grouped_sample import GroupedSample
from trainer.metrics.prior.sliced_wasserstein import random_directions, sliced_wasserstein
from trainer.metrics.probing.cross_validation import CrossValidation
from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.probing.pooling import (
    MEAN,
    WHOLE_CLIP,
    Features,
    Span,
    Waveform,
    normalise_loudness,
    pool_clips,
    select_pooling,
)
from trainer.metrics.probing.tasks import ProbeTask, make_task, recording_tasks

PHONE, SPEAKER = "phone", "speaker"
_FOLDS, _MAX_PHONES, _MAX_FRAMES = 4, 2500, 1500


@dataclass(frozen=True)
class SweepEvaluation:
    """Recordings that every run held out, the probe task on them, and the spans of each recording in the task."""

    clips: list[Clip]
    task: ProbeTask
    spans: list[list[Span]]

    @classmethod
    def prepare(cls, paths: Sequence[Path], folders: Sequence[Path], max_clips: int, label: str) -> SweepEvaluation:
        """For the bundles at `paths`.

        Raises ValueError if they held out different recordings or the label cannot be probed.
        """
        first, *others = (bundle.read_config(path) for path in paths)
        held_out = [note.held_out for note in first.provenance.corpora]
        if any([note.held_out for note in one.provenance.corpora] != held_out for one in others):
            raise ValueError("the runs held out different recordings; train all with the same training.split_seed")
        least = min_clip_seconds(first.config)
        clips = select_clips(folders, first, "validation", max_clips, min_seconds=least)
        return cls(clips, *_task(clips, label))

    def rows(self, path: Path) -> Iterator[Row]:
        """One row per module of the bundle at `path`."""
        header = bundle.read_config(path)
        model = bundle.load_encoder(path, header.config)
        features = pool_clips([model_source(model)], self._spans_with_audio(header))
        parameter, value = _regularisation(header)
        for latents in encode_latents(model, self.clips):
            frames = latents.draws if latents.draws is not None else latents.means
            values, groups = thin_frames(frames, _MAX_FRAMES)
            sample = GroupedSample(values, groups)
            certified = certificate_rows(latents.means)
            yield {
                "run": path.name,
                "road": parameter,
                "value": value,
                "seed": header.provenance.seed,
                "module": latents.module,
                "label": self.task.label,
                "energy": float(energy_distance(sample, sample.unit_weights)[0]),
                "sliced_wasserstein": sliced_wasserstein(values, random_directions(values.shape[1])),
                "certified_kl": float(np.median([one["high"] for one in certified])) if certified else None,
                **_probe(features[f"module {latents.module}"], self.task),
            }

    def _spans_with_audio(self, header: BundleConfig) -> Iterator[tuple[Waveform, Sequence[Span]]]:
        for clip, spans in zip(self.clips, self.spans, strict=True):
            if spans:
                wave = read_recording(clip.recording, header.config.sample_rate)
                yield normalise_loudness(wave, target_loudness(header.config)), spans


def _task(clips: Sequence[Clip], label: str) -> tuple[ProbeTask, list[list[Span]]]:
    """The probe task, and the spans of each recording in it; speakers are held out where known, else recordings."""
    groups = [str(clip.recording.labels.get(SPEAKER, clip.name)) for clip in clips]
    if label != PHONE:
        task = recording_tasks([clip.recording.labels for clip in clips], groups, [label])[0]
        return task, [[WHOLE_CLIP] for _ in clips]
    timed = [(i, part) for i, clip in enumerate(clips) for part in clip.recording.phones]
    phones = [timed[index] for index in evenly_spaced(len(timed), _MAX_PHONES)]
    spans: list[list[Span]] = [[(part.start, part.end) for j, part in phones if j == i] for i in range(len(clips))]
    phone_task = make_task(PHONE, [part.label for _, part in phones], [groups[i] for i, _ in phones])
    if phone_task is None:
        raise ValueError("--label phone: too few timed phones of the recordings are frequent enough")
    return phone_task, spans


def _regularisation(header: BundleConfig) -> tuple[str, float]:
    """The parameter of the run's distance from the prior, and its value: beta of the first module, or the noise."""
    objective = header.config.objective
    if isinstance(objective, DimNoiseConfig):
        return NOISE, objective.noise
    if isinstance(objective, ObjectiveConfig):
        return BETA, objective.beta[0]
    raise ValueError("a supervised bundle has neither beta nor noise; leave it out")


def _probe(features: Features, task: ProbeTask) -> Row:
    """Accuracy and bits of a linear probe on held-out groups, with intervals over groups, and H(Y)."""
    validation = CrossValidation(task, _FOLDS, tuple(range(_FOLDS)))
    predictions = probe_predictions(select_pooling(features[task.rows], MEAN), validation, None)
    groups = validation.test_groups()
    accuracy, bits = probe_estimates(predictions.log_probabilities, predictions.classes, groups)
    return {
        "accuracy": list(interval_of(accuracy)),
        "bits": list(interval_of(bits)),
        "entropy": entropy_bits(predictions.classes),
        "n": accuracy.n,
        "groups": len(set(groups.tolist())),
    }


def add_tradeoff(report: Report, rows: Sequence[Row]) -> Report:
    """`report` with the rows of a sweep, in place of earlier rows on the same recordings."""
    return replace_rows(report, TRADEOFF_KEY, rows[0]["data"], rows)


def table(rows: Sequence[Row]) -> list[str]:
    """Lines for the terminal: one per run and module."""
    head = (
        "parameter",
        "value",
        "seed",
        "layer",
        "sliced Wasserstein",
        "energy distance",
        "certified KL",
        "accuracy, %",
        "bits",
    )
    cells = [
        (
            row["road"],
            f"{row['value']:g}",
            str(row["seed"]),
            str(row["module"]),
            f"{row['sliced_wasserstein']:.3f}",
            f"{row['energy']:.3f}",
            "" if row["certified_kl"] is None else f"{row['certified_kl']:.3f}",
            format_interval(tuple(row["accuracy"]), digits=1, scale=100),
            format_interval(tuple(row["bits"]), digits=2),
        )
        for row in sorted(rows, key=lambda row: (row["module"], row["road"], row["value"], row["seed"]))
    ]
    return columns([head, *cells])
