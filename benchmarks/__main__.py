"""python -m benchmarks decode | page | load | train | channels | syllables | curves | misnamed | findings | tables.

JSON lines, but for `tables`, which writes them into README.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from trainer.runtime.malloc_tuning import tune_for_training

# As the server runs; must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")

ASD = ("syllables", "curves")
"""Benchmarks on the Artificial Speech Dataset."""


def main() -> None:
    """Run the benchmark that was asked for."""
    if sys.argv[1:2] == ["train"]:
        tune_for_training()  # as the trainer does; the reference gains by it as well
    from benchmarks import channels, curves, decode, findings, load, misnamed, page, tables, train, trainings

    timed = {"decode": decode.rows, "page": page.rows, "train": train.rows}
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "benchmark",
        choices=[*timed, "channels", "load", *ASD, "misnamed", "findings", "tables", "all"],
        nargs="?",
        default="all",
    )
    parser.add_argument("--repeats", type=int, default=200)
    crowd = parser.add_argument_group("load", "people who move sliders at once")
    crowd.add_argument("--seconds", type=float, default=60.0, help="for how long each crowd does")
    crowd.add_argument("--people", type=int, nargs="+", default=load.PEOPLE, help="how many are in each crowd")
    syllables = parser.add_argument_group(
        "syllables", "hours of training on the Artificial Speech Dataset; curves: what is in the bundles"
    )
    syllables.add_argument("--data", type=Path, help="the data set's folder")
    syllables.add_argument("--work", type=Path, help="where the trained bundles go; what is there is not trained again")
    syllables.add_argument("--rows", default=",".join(["log-mel", *trainings.ROWS]), help="names with commas between")
    syllables.add_argument("--folds", default="2,3,4", help="test folds, of 2, 3 and 4, to train for")
    syllables.add_argument("--jobs", type=int, default=1, help="trainings at a time, each on one thread")
    many = parser.add_argument_group("channels", "of how many every two are compared")
    many.add_argument("--channels", type=int, nargs="+", default=[200], help="2000 take minutes")
    options = parser.parse_args()
    if options.benchmark == "findings":
        if options.work is None:
            parser.error("findings needs --work, the folder of ensembles and a sweep")
        findings.write(options.work)
        return
    if options.benchmark == "misnamed":
        if options.data is None:
            parser.error("misnamed needs --data, the folder of the Artificial Speech Dataset")
        for row in misnamed.rows(options.data):
            print(json.dumps({"benchmark": "misnamed", **row}), flush=True)
        return
    if options.benchmark == "tables":
        tables.write()
        return
    if options.benchmark in ASD and (options.data is None or options.work is None):
        parser.error(f"{options.benchmark} needs --data, the folder of the Artificial Speech Dataset, and --work")
    if options.benchmark == "curves":
        for row in curves.rows(options.data, options.work):
            print(json.dumps({"benchmark": "curves", **row}), flush=True)
        return
    if options.benchmark == "syllables":
        folds = [int(fold) for fold in options.folds.split(",")]
        for row in trainings.rows(options.data, options.work, options.rows.split(","), folds, options.jobs):
            print(json.dumps({"benchmark": "syllables", **row}), flush=True)
        return
    if options.benchmark in ("channels", "all"):
        for row in channels.rows(tuple(options.channels)):
            print(json.dumps({"benchmark": "channels", **row}), flush=True)
    if options.benchmark in ("load", "all"):
        for row in load.rows(options.seconds, tuple(options.people)):
            print(json.dumps({"benchmark": "load", **row}), flush=True)
    for name, rows in timed.items():
        if options.benchmark in (name, "all"):
            for row in rows(options.repeats):
                print(json.dumps({"benchmark": name, **row}), flush=True)


if __name__ == "__main__":
    main()
