"""python -m benchmarks decode | page | load | train | channels | syllables | curves | mislabelled | findings | tables.

Prints one JSON line per row; `tables` updates the tables in docs/results instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from trainer.runtime.malloc_tuning import tune_for_training

# As the backend runs; must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")

RENAMED = {"misnamed": "mislabelled"}
"""Former names, accepted for one version."""
NEEDS_DATA = ("syllables", "curves", "mislabelled")
"""Benchmarks on the Artificial Speech Dataset."""
NEEDS_WORK = ("syllables", "curves", "findings")
"""Benchmarks that read or write trained models."""
ALL = ("channels", "load", "decode", "page", "train")
"""The benchmarks of `all`: those that need no data."""

Rows = Callable[[], Iterable[dict[str, Any]]]


def main() -> None:
    """Run the requested benchmark."""
    if sys.argv[1:2] == ["train"]:
        tune_for_training()  # as in training; the reference benefits too
    from benchmarks import (
        channels,
        curves,
        decode,
        findings,
        load,
        mislabelled_recordings,
        page,
        tables,
        train,
        trainings,
    )

    names = (*ALL, *dict.fromkeys((*NEEDS_DATA, *NEEDS_WORK)), "tables", "all")
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("benchmark", choices=[*names, *RENAMED], nargs="?", default="all")
    parser.add_argument("--repeats", type=int, default=200)
    load_options = parser.add_argument_group("load", "several users who move sliders at once")
    load_options.add_argument("--seconds", type=float, default=60.0, help="duration for each number of users")
    load_options.add_argument("--people", type=int, nargs="+", default=load.USERS, help="numbers of users")
    training_options = parser.add_argument_group(
        "syllables", "hours of training on the Artificial Speech Dataset; `curves` measures the trained bundles"
    )
    training_options.add_argument("--data", type=Path, help="folder of the data set")
    training_options.add_argument("--work", type=Path, help="folder of the trained bundles; existing ones are reused")
    training_options.add_argument(
        "--rows", default=",".join(["log-mel", *trainings.ROWS]), help="names separated by commas"
    )
    training_options.add_argument("--folds", default="2,3,4", help="test folds to train for, of 2, 3 and 4")
    training_options.add_argument("--jobs", type=int, default=1, help="parallel trainings, each on one thread")
    channel_options = parser.add_argument_group("channels", "similarity of all pairs of channels")
    channel_options.add_argument(
        "--channels", type=int, nargs="+", default=[200], help="numbers of channels; 2000 take minutes"
    )
    options = parser.parse_args()
    benchmark = RENAMED.get(options.benchmark, options.benchmark)
    if benchmark in NEEDS_DATA and options.data is None:
        parser.error(f"{benchmark} needs --data, the folder of the Artificial Speech Dataset")
    if benchmark in NEEDS_WORK and options.work is None:
        parser.error(f"{benchmark} needs --work, the folder of the trained models")

    def syllable_rows() -> Iterable[dict[str, Any]]:
        folds = [int(fold) for fold in options.folds.split(",")]
        return trainings.rows(options.data, options.work, options.rows.split(","), folds, options.jobs)

    benchmarks: dict[str, Rows] = {
        "channels": lambda: channels.rows(tuple(options.channels)),
        "load": lambda: load.rows(options.seconds, tuple(options.people)),
        "decode": lambda: decode.rows(options.repeats),
        "page": lambda: page.rows(options.repeats),
        "train": lambda: train.rows(options.repeats),
        "syllables": syllable_rows,
        "curves": lambda: curves.rows(options.data, options.work),
        "mislabelled": lambda: mislabelled_recordings.rows(options.data),
        "findings": lambda: findings.write(options.work),
    }
    if benchmark == "tables":
        tables.write()
        return
    for name in ALL if benchmark == "all" else (benchmark,):
        for row in benchmarks[name]():
            print(json.dumps({"benchmark": name, **row}), flush=True)


if __name__ == "__main__":
    main()
