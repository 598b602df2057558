"""The trainings that the syllables benchmark compares: preset, settings and steps of each row.

The numbers of steps give about equal training times: ten minutes on one core of the machine of the stored results,
which ran two trainings at a time; each time is stored with the scores. Ablations of sim-plus are trained half as long
and compared with sim-plus after as many steps. Encoders are trained on whole words without labels, the supervised one
on syllables with labels; none is trained on a word of its test fold.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import scores, syllables
from benchmarks.syllables import FOLDS, RESULTS, TEST_FOLDS
from trainer import bundle
from trainer.config import Config, ConvLayer, ModuleConfig, ObjectiveConfig, TimePrediction, TrainingConfig, preset
from trainer.corpus import scan
from trainer.evaluation.representations import LOUDNESS_DBFS
from trainer.metrics.probing.pooling import LOG_MEL
from trainer.metrics.probing.tasks import fold_of

WORDS, SYLLABLES = "reshuffledv2/train", "split up data padded/train"
"""Folders of the Artificial Speech Dataset."""
_DECODED = 3


@dataclass(frozen=True)
class Training:
    """Training of a row. `decoder_steps`: of the decoder of module 3, for the interpolation contribution score."""

    preset: str
    steps: int
    settings: dict[str, Any] = field(default_factory=dict)
    source: str = WORDS
    decoder_steps: int = 0


WIDTH = 256
"""Channels and dimensions; half of the paper's, so that ten minutes suffice for two thousand steps."""


def _paper_preset(name: str, steps: int, source: str = WORDS, decoder_steps: int = 0, **settings: Any) -> Training:
    """A preset with the paper's architecture, at the benchmark's width."""
    modules = [{**module.model_dump(), "hidden": WIDTH, "dims": WIDTH} for module in preset(name).encoder.modules]
    common = {
        "encoder.modules": modules,
        "training.batch_size": 8,
        "training.checkpoint_every": 500,
        "loudness_dbfs": LOUDNESS_DBFS,
    }
    return Training(name, steps, {**common, **_DECODER, **settings}, source, decoder_steps)


def _sim_plus(steps: int = preset("sim-plus").training.steps, **settings: Any) -> Training:
    return Training("sim-plus", steps, {"training.checkpoint_every": 450, **settings})


def _distances(config: Config) -> tuple[float, ...]:
    assert isinstance(config.objective, ObjectiveConfig)
    assert isinstance(config.objective.prediction, TimePrediction)
    return config.objective.prediction.distances


def _with_dims(config: Config, dims: int) -> list[dict[str, Any]]:
    return [{**module.model_dump(), "dims": dims} for module in config.encoder.modules]


def _residual(width: int) -> list[dict[str, Any]]:
    """Modules of constant width with residual convolutions, so that the filterbank's output passes through."""
    bank = preset("sim-plus").encoder.modules[0].filterbank
    assert bank is not None
    shapes = (((3, 1),), ((14, 2), (5, 1)), ((9, 1), (9, 1)))
    return [
        ModuleConfig(
            filterbank=None if index else bank.model_copy(update={"filters": width}),
            convs=tuple(ConvLayer(kernel=k, stride=s, padding=(k - s) // 2, residual=True) for k, s in convs),
            hidden=width,
            dims=width,
        ).model_dump()
        for index, convs in enumerate(shapes)
    ]


_BOTH_DIRECTIONS = {
    "unit": "seconds",
    "distances": [sign * distance for sign in (1, -1) for distance in _distances(preset("sim-plus"))],
    "per_step": 4,
}
_AROUND = {"objective.prediction": _BOTH_DIRECTIONS}
ABLATIONS: dict[str, dict[str, Any]] = {
    "half the steps": _AROUND,
    "one view": {**_AROUND, "objective.augmentation": None},
    "no contrast of means": {**_AROUND, "objective.pooled": None},
    "only ahead": {},
    "distances in frames": {"objective.prediction": {"unit": "frames", "steps": 10}},
    "negatives from the batch alone": {**_AROUND, "objective.own_negatives": 0},
    "no batch norm": {**_AROUND, "encoder.batch_norm": False, "encoder.conv_bias": True},
    "256 dims": {**_AROUND, "encoder.modules": _with_dims(preset("sim-plus"), 256)},
    "residual convolutions, 96 wide": {**_AROUND, "encoder.modules": _residual(96)},
}
"""Variants of an earlier sim-plus, which predicted in both directions, after half the steps: without one component, or
with another width. `only ahead` was best on the development words and is now sim-plus.
"""
_ABLATION_STEPS = 1_800

# The same decoder for all rows: the paper's would take most of the time and sound blurred.
_DECODER: dict[str, Any] = {
    "decoder": preset("sim-plus").decoder.model_dump(),
    "decoder_loss": preset("sim-plus").decoder_loss.model_dump(),
    "decoder_training": TrainingConfig(
        steps=600,
        batch_size=8,
        crop_samples=10_240,
        learning_rate=1e-3,
        warmup_steps=200,
        final_learning_rate=0.05,
        gradient_clip=1.0,
    ).model_dump(),
}
# The same initialisation for all; with PyTorch's default, as published, gim learns less in the same time.
_INITIALISATION: dict[str, Any] = {"encoder.he_init": True}
ROWS: dict[str, Training] = {
    "sim": _paper_preset("sim", 1900, decoder_steps=600, **_INITIALISATION),
    "gim": _paper_preset("gim", 2200, decoder_steps=600, **_INITIALISATION),
    "cpc": _paper_preset("cpc", 3600),
    "supervised": _paper_preset("supervised", 4500, SYLLABLES, **{"training.crop_samples": 8_800}),
    "untrained": _paper_preset("untrained", 0),
    "sim-plus": _sim_plus(),
    **{f"sim-plus ({name})": _sim_plus(_ABLATION_STEPS, **settings) for name, settings in ABLATIONS.items()},
}


def measure(data: Path, work: Path, rows: Sequence[str]) -> None:
    """Measure the trained bundles of each row on their test folds, and write the scores to RESULTS."""
    clips = syllables.read_clips(data / SYLLABLES, preset("sim").sample_rate)
    for row in rows:
        if row == LOG_MEL:
            scores.write(RESULTS, row, syllables.measure_log_mel(clips))
            continue
        paths = {fold: work / row / str(fold) for fold in TEST_FOLDS}
        bundles = {fold: path for fold, path in paths.items() if (path / "encoder.safetensors").exists()}
        measured = syllables.measure(row, bundles, clips)
        latents = syllables.measure_latents(row, bundles, clips)
        scores.write(RESULTS, row, measured, runs=[_run(fold, path) for fold, path in bundles.items()], latents=latents)


def train(row: str, fold: int, data: Path, work: Path) -> None:
    """Train one bundle without the words of `fold`, in its own process on one thread; resumes a stopped training."""
    training, out = ROWS[row], work / row / str(fold)
    with_decoder = training.decoder_steps > 0 and fold == TEST_FOLDS[0]
    if (out / "encoder.safetensors").exists() and (_decoder(out).exists() or not with_decoder):
        return
    out.mkdir(parents=True, exist_ok=True)
    settings = [f"--set={name}={json.dumps(value)}" for name, value in training.settings.items()]
    shared = ["--data", str(_manifest(data / training.source, fold, work)), f"--seed={fold}", "--accelerator=cpu"]
    commands = [["fit", "--preset", training.preset, "--out", str(out), f"--steps={training.steps}", *settings]]
    if with_decoder:
        steps = f"--steps={training.decoder_steps}"
        commands.append(["fit-decoder", "--bundle", str(out), f"--module={_DECODED}", steps])
    for command in commands:
        with (out / "log.txt").open("a") as log:
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
            whole = [sys.executable, "-m", "trainer", *command, *shared]
            subprocess.run(whole, check=True, env=environment, stderr=log, stdout=log)


def _decoder(out: Path) -> Path:
    return out / f"decoder-{_DECODED}.safetensors"


def _manifest(folder: Path, fold: int, work: Path) -> Path:
    """A manifest of the recordings of `folder` in which the fold's words are the test split, unused in training."""
    table = work / f"{folder.parent.name.replace(' ', '-')}-without-{fold}" / "manifest.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    recordings = scan(folder)
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "word", "syllable", "split"])
        for recording in recordings:
            word = str(recording.labels["word"])
            split = "test" if fold_of(word, FOLDS) == fold else "train"
            writer.writerow([recording.path.resolve(), word, recording.labels.get("syllable", ""), split])
    return table.parent


def _run(fold: int, path: Path) -> dict[str, Any]:
    """Settings and duration of one training."""
    header = bundle.read_config(path)
    modules, log = header.config.encoder.modules, path / "run" / "encoder.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    last = json.loads(lines[-1]) if lines else {"step": 0, "seconds": 0.0}
    return {
        "fold": fold,
        "seed": header.provenance.seed,
        "steps": last["step"],
        "seconds": last["seconds"],
        "batch": header.config.training.batch_size,
        "hidden": [module.hidden for module in modules],
        "dims": [module.dims for module in modules],
    }


def rows(data: Path, work: Path, names: Sequence[str], folds: Sequence[int], jobs: int) -> Iterator[dict[str, Any]]:
    """Train and measure the rows `names` for `folds`, `jobs` at a time; yields the table of all stored scores."""
    pairs = [(name, fold) for fold in folds for name in names if name != LOG_MEL]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda pair: train(pair[0], pair[1], data, work), pairs))
    measure(data, work, names)
    yield from scores.table(scores.read(RESULTS))
