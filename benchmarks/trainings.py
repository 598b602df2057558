"""The trainings that the benchmark of syllables compares: each row's preset, settings and steps.

Steps are such that all take about the same time, ten minutes on one core of the machine the kept results are from; how
long each took is kept beside its scores. Encoders learn from whole words without labels, the supervised one from
syllables with theirs; none hears a word of the fold it is tested on.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import scores, syllables
from benchmarks.syllables import FOLDS, RESULTS, TEST_FOLDS
from trainer.analysis.pooling import LOG_MEL, LOUDNESS_DBFS
from trainer.analysis.questions import fold_of
from trainer.config import preset
from trainer.corpus import scan

WORDS, SYLLABLES = "reshuffledv2/train", "split up data padded/train"
"""Where the two kinds of recordings lie in the Artificial Speech Dataset."""
_DECODED = 3


@dataclass(frozen=True)
class Training:
    """How a row is trained. `decoder_steps`: of a decoder at module 3, for the interpolation contribution score."""

    preset: str
    steps: int
    settings: dict[str, Any] = field(default_factory=dict)
    source: str = WORDS
    decoder_steps: int = 0


WIDTH = 256
"""Of every convolution, and of the latents; half the paper's, so that ten minutes are a thousand steps."""


def _rival(name: str, steps: int, source: str = WORDS, decoder_steps: int = 0, **settings: Any) -> Training:
    """A preset of the paper's architecture at the benchmark's width."""
    modules = [{**module.model_dump(), "hidden": WIDTH, "dims": WIDTH} for module in preset(name).encoder.modules]
    common = {
        "encoder.modules": modules,
        "training.batch_size": 8,
        "training.checkpoint_every": 500,
        "loudness_dbfs": LOUDNESS_DBFS,
    }
    return Training(name, steps, {**common, **_DECODER, **settings}, source, decoder_steps)


# One recipe for all: the paper's decoder would take most of the time for a blurred sound.
_DECODER: dict[str, Any] = {
    "decoder": preset("demo").decoder.model_dump(),
    "decoder_loss": preset("demo").decoder_loss.model_dump(),
    "decoder_training": {**preset("demo").decoder_training.model_dump(), "batch_size": 8},
}
ROWS: dict[str, Training] = {
    "sim": _rival("sim", 1000, decoder_steps=600),
    "gim": _rival("gim", 1500, decoder_steps=600),
    "cpc": _rival("cpc", 3000),
    "supervised": _rival("supervised", 3600, SYLLABLES, **{"training.crop_samples": 8_800}),
    "untrained": _rival("untrained", 0),
    "sim-plus": Training("sim-plus", 1800, {"training.checkpoint_every": 450}),
}


def run(data: Path, work: Path, rows: Sequence[str], jobs: int) -> list[dict[str, Any]]:
    """Train what is not trained yet, `jobs` at a time, measure every row, keep its scores, and return the table of all
    that are kept.
    """
    pairs = [(row, fold) for fold in TEST_FOLDS for row in rows if row in ROWS]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda pair: train(pair[0], pair[1], data, work), pairs))
    clips = syllables.read_clips(data / SYLLABLES, preset("sim").sample_rate)
    scores.write(RESULTS, LOG_MEL, syllables.measure_log_mel(clips))
    for row in rows:
        if row in ROWS:
            bundles = {fold: work / row / str(fold) for fold in TEST_FOLDS}
            latents = syllables.measure_latents(row, bundles, clips)
            scores.write(RESULTS, row, syllables.measure(row, bundles, clips), runs=_runs(row, work), latents=latents)
    return scores.table(scores.read(RESULTS))


def train(row: str, fold: int, data: Path, work: Path) -> None:
    """One bundle, without the words of `fold`, as a process of its own on one thread; resumes what was begun."""
    training, out = ROWS[row], work / row / str(fold)
    if (out / "encoder.safetensors").exists() and (not training.decoder_steps or _decoder(out).exists()):
        return
    out.mkdir(parents=True, exist_ok=True)
    settings = [f"--set={name}={json.dumps(value)}" for name, value in training.settings.items()]
    shared = ["--data", str(_manifest(data / training.source, fold, work)), f"--seed={fold}", "--accelerator=cpu"]
    commands = [["fit", "--preset", training.preset, "--out", str(out), f"--steps={training.steps}", *settings]]
    if training.decoder_steps:
        steps = f"--steps={training.decoder_steps}"
        commands.append(["decoder", "--bundle", str(out), f"--module={_DECODED}", steps])
    for command in commands:
        with (out / "log.txt").open("a") as log:
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
            whole = [sys.executable, "-m", "trainer", *command, *shared]
            subprocess.run(whole, check=True, env=environment, stderr=log, stdout=log)


def _decoder(out: Path) -> Path:
    return out / f"decoder-{_DECODED}.safetensors"


def _manifest(folder: Path, fold: int, work: Path) -> Path:
    """A table of the recordings of `folder`, those of the fold's words called test: no training takes these."""
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


def _runs(row: str, work: Path) -> list[dict[str, Any]]:
    """What each training of the row took."""
    found = []
    for fold in TEST_FOLDS:
        records = (work / row / str(fold) / "run" / "encoder.jsonl").read_text().splitlines()
        last = json.loads(records[-1])
        modules = preset(ROWS[row].preset).encoder.modules
        found.append(
            {
                "fold": fold,
                "seed": fold,
                "steps": last["step"],
                "seconds": last["seconds"],
                "hidden": modules[0].hidden,
                "dims": [module.dims for module in modules],
            }
        )
    return found


def main(arguments: Sequence[str]) -> None:
    """DATA WORK JOBS ROW ...: train only, without measuring."""
    data, work, jobs, *rows = arguments
    with ThreadPoolExecutor(int(jobs)) as pool:
        for fold in TEST_FOLDS:
            list(pool.map(lambda row, fold=fold: train(row, fold, Path(data), Path(work)), rows))


if __name__ == "__main__":
    main(sys.argv[1:])
