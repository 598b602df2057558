"""python -m benchmarks decode | train: one line of JSON a row."""

from __future__ import annotations

import argparse
import json
import os

# As the server runs; must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    """Run the benchmark that was asked for."""
    from benchmarks import decode, train

    benchmarks = {"decode": decode.rows, "train": train.rows}
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("benchmark", choices=[*benchmarks, "all"], nargs="?", default="all")
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    for name, rows in benchmarks.items():
        if options.benchmark in (name, "all"):
            for row in rows(options.repeats):
                print(json.dumps({"benchmark": name, **row}), flush=True)


if __name__ == "__main__":
    main()
