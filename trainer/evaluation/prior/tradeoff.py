"""What nearness to the prior costs: probe accuracy and information of many runs against their distance to N(0, I)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer import bundle
from trainer.bundle import BundleConfig, Report
from trainer.config import DimNoiseConfig, ObjectiveConfig
from trainer.corpus import SILENCE, read_recording
from trainer.evaluation.prior.certificates import certificate_rows, thinned
from trainer.evaluation.prior.normality import gather_latents
from trainer.evaluation.probing.bounds import answers
from trainer.evaluation.report_rows import replace_rows
from trainer.evaluation.selection import Chosen, choose, shortest_seconds, spread
from trainer.figures.tradeoff import BETA, NOISE, TRADEOFF_KEY
from trainer.metrics.prior.energy_distance import energy_distance
from trainer.metrics.prior.grouped_pairs import Pairs
from trainer.metrics.prior.sliced_wasserstein import directions, sliced_wasserstein
from trainer.metrics.probing.dimension_information import entropy_bits
from trainer.metrics.probing.information_bounds import bits_told
from trainer.metrics.probing.linear_probe import Trial
from trainer.metrics.probing.pooling import (
    MEAN,
    WHOLE,
    Features,
    Span,
    Waveform,
    level,
    loudness,
    model_source,
    pool_clips,
    select,
)
from trainer.metrics.probing.tasks import Question, ask, questions
from trainer.metrics.statistics.bootstrap import bootstrap_mean

PHONE, SPEAKER = "phone", "speaker"
_FOLDS, _MOST_PHONES, _FRAMES = 4, 2500, 1500
Row = dict[str, Any]


@dataclass(frozen=True)
class Measuring:
    """Recordings that every run held out, what is asked of them, and the spans of each that it is asked about."""

    chosen: list[Chosen]
    question: Question
    spans: list[list[Span]]

    @classmethod
    def of(cls, paths: Sequence[Path], folders: Sequence[Path], clips: int, label: str) -> Measuring:
        """For the bundles at `paths`. Raises ValueError where they held out different recordings, or the label cannot
        be probed.
        """
        first, *others = (bundle.read_config(path) for path in paths)
        held_out = [note.held_out for note in first.provenance.corpora]
        if any([note.held_out for note in one.provenance.corpora] != held_out for one in others):
            raise ValueError("the runs held out different recordings; train all with one training.split_seed")
        chosen = choose(folders, first, "validation", clips, least_seconds=shortest_seconds(first.config))
        return cls(chosen, *_question(chosen, label))

    def rows(self, path: Path) -> Iterator[Row]:
        """A row for each module of the bundle at `path`."""
        return _rows(path, bundle.read_config(path), self.chosen, self.question, self.spans)


def _question(chosen: Sequence[Chosen], label: str) -> tuple[Question, list[list[Span]]]:
    """What is asked, and the spans of each recording that it is asked about; held out by speaker where known."""
    groups = [str(one.recording.labels.get(SPEAKER, one.name)) for one in chosen]
    if label != PHONE:
        return questions([one.recording.labels for one in chosen], groups, [label])[0], [[WHOLE] for _ in chosen]
    every = [(i, part) for i, one in enumerate(chosen) for part in one.recording.segments if part.label != SILENCE]
    phones = [every[index] for index in spread(len(every), _MOST_PHONES)]
    spans: list[list[Span]] = [[(part.start, part.end) for j, part in phones if j == i] for i in range(len(chosen))]
    asked = ask(PHONE, [part.label for _, part in phones], [groups[i] for i, _ in phones])
    if asked is None:
        raise ValueError("--label phone: too few of the recordings' timed phones come often enough")
    return asked, spans


def _rows(
    path: Path, header: BundleConfig, chosen: Sequence[Chosen], question: Question, spans: list[list[Span]]
) -> Iterator[Row]:
    model = bundle.load_encoder(path, header.config)
    rate = header.config.sample_rate

    def heard() -> Iterator[tuple[Waveform, Sequence[Span]]]:
        for one, wanted in zip(chosen, spans, strict=True):
            if wanted:
                yield level(read_recording(one.recording, rate), loudness(header.config)), wanted

    features = pool_clips([model_source(model)], heard())
    road, value = _road(header)
    for latents in gather_latents(model, chosen):
        told = _probed(features[f"module {latents.module}"], question)
        values, groups = thinned(latents.draws if latents.draws is not None else latents.means, _FRAMES)
        pairs = Pairs(values, groups)
        certified = certificate_rows(latents.means)
        yield {
            "run": path.name,
            "road": road,
            "value": value,
            "seed": header.provenance.seed,
            "module": latents.module,
            "label": question.label,
            "energy": float(energy_distance(pairs, pairs.once)[0]),
            "sliced_wasserstein": sliced_wasserstein(values, directions(values.shape[1])),
            "certified_kl": float(np.median([one["high"] for one in certified])) if certified else None,
            **told,
        }


def _road(header: BundleConfig) -> tuple[str, float]:
    """Which of the two, and how far along it: beta of the first module, or the noise."""
    objective = header.config.objective
    if isinstance(objective, DimNoiseConfig):
        return NOISE, objective.noise
    if isinstance(objective, ObjectiveConfig):
        return BETA, objective.beta[0]
    raise ValueError("a supervised bundle is on no road to the prior; leave it out")


def _probed(features: Features, question: Question) -> Row:
    """Accuracy and bits of a linear probe on groups held out, with intervals over groups, and H(Y)."""
    trial = Trial(question, _FOLDS, tuple(range(_FOLDS)))
    said = answers(select(features[question.rows], MEAN), trial, None)
    groups = trial.groups()
    right = bootstrap_mean((said.log_probabilities.argmax(1) == said.classes).astype(np.float64), groups=groups)
    bits = bootstrap_mean(bits_told(said.log_probabilities, said.classes), groups=groups)
    return {
        "accuracy": [right.mean, right.low, right.high],
        "bits": [bits.mean, bits.low, bits.high],
        "entropy": entropy_bits(said.classes),
        "n": right.n,
        "groups": len(set(groups.tolist())),
    }


def add_tradeoff(report: Report, rows: Sequence[Row]) -> Report:
    """`report` with the rows of a sweep, in place of those on the same recordings."""
    return replace_rows(report, TRADEOFF_KEY, rows[0]["data"], rows)


def table(rows: Sequence[Row]) -> list[list[str]]:
    """Cells for a terminal: a line for each run and module."""
    head = ["road", "value", "seed", "module", "sliced Wasserstein", "energy", "certified KL", "accuracy, %", "bits"]
    cells = [
        [
            row["road"],
            f"{row['value']:g}",
            str(row["seed"]),
            str(row["module"]),
            f"{row['sliced_wasserstein']:.3f}",
            f"{row['energy']:.3f}",
            "" if row["certified_kl"] is None else f"{row['certified_kl']:.3f}",
            "{:.1f} [{:.1f}, {:.1f}]".format(*(100 * part for part in row["accuracy"])),
            "{:.2f} [{:.2f}, {:.2f}]".format(*row["bits"]),
        ]
        for row in sorted(rows, key=lambda row: (row["module"], row["road"], row["value"], row["seed"]))
    ]
    return [head, *cells]
