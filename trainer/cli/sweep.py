"""python -m trainer sweep: both roads to N(0, I), KL by beta and noise by its size, and what each costs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from trainer import config as configuration
from trainer.cli.ensemble import MEMBERS, add_family, seeded, settings
from trainer.cluster.launcher import Run, train_family
from trainer.config import preset

BETAS = (0.0005, 0.002, 0.02, 0.1, 0.5)
RESULTS = "sweep.json"
NOISES = (0.05, 0.1, 0.25, 0.5, 1.0)


def add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    sweep = commands.add_parser(
        "sweep", help="train over beta and over noise; what probes tell against the distance to N(0, I)"
    )
    sweep.add_argument("--preset", choices=configuration.PRESETS, default="narrow")
    sweep.add_argument("--betas", type=_numbers, default=BETAS, help="with commas between; '' for none")
    sweep.add_argument("--noises", type=_numbers, default=NOISES, help="variances, of objective dim-noise")
    sweep.add_argument("--seeds", type=int, default=2)
    sweep.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="as for fit")
    sweep.add_argument("--clips", type=int, default=300, help="at most so many held-out recordings are measured")
    sweep.add_argument("--label", default="phone", help="what probes are asked for")
    sweep.add_argument("--into", type=Path, metavar="BUNDLE", help="put the rows into this bundle's report as well")
    add_family(sweep)
    sweep.set_defaults(run=_sweep)


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part.strip())


def roads(options: argparse.Namespace) -> list[Run]:
    """A run for each value of each road and each seed. Raises ValueError where there is none."""
    values = settings(options.set)
    depth = len(preset(options.preset).encoder.modules)
    runs = []
    for seed in range(options.seeds):
        for beta in options.betas:
            name = f"beta-{beta:g}-seed-{seed}"
            runs.append(seeded(name, options.preset, {**values, "objective.beta": [beta] * depth}, seed))
        for noise in options.noises:
            of_noise = {**values, "objective.kind": "dim-noise", "objective.noise": noise}
            runs.append(seeded(f"noise-{noise:g}-seed-{seed}", options.preset, of_noise, seed))
    if not runs:
        raise ValueError("there is nothing to train: give --betas or --noises, and --seeds of 1 or more")
    return runs


def _sweep(options: argparse.Namespace) -> None:
    runs = roads(options)
    paths = train_family(
        runs, options.data, options.out / MEMBERS, options.out, options.processes, accelerator=options.accelerator
    )
    print(f"{len(paths)} of {len(runs)} runs are trained: {options.out / MEMBERS}")
    if len(paths) == len(runs):
        _measure(paths, options)


def _measure(paths: Sequence[Path], options: argparse.Namespace) -> None:
    """Into RESULTS, run by run; what was measured before of the same weights and recordings is kept."""
    from trainer.bundle import Report, digest, read_report, write_json, write_report
    from trainer.evaluation.prior.tradeoff import Measuring, add_tradeoff, table
    from trainer.evaluation.text_table import columns

    data = " + ".join(folder.resolve().name for folder in options.data)
    results = options.out / RESULTS
    known = json.loads(results.read_text(encoding="utf-8"))["rows"] if results.exists() else []
    measuring = Measuring.of(paths, options.data, options.clips, options.label)
    rows: list[dict[str, Any]] = []
    for path in tqdm(paths, desc="measure", unit="run"):
        mark = {"data": f"{data}, validation", "clips": options.clips, "digest": digest(path)}
        own = [row for row in known if row["label"] == options.label and mark.items() <= row.items()]
        rows += own or [{**row, **mark} for row in measuring.rows(path)]
        write_json(results, {"preset": options.preset, "rows": rows})
    print("\n".join(columns(table(rows))))
    if options.into is not None:
        report = add_tradeoff(read_report(options.into) or Report(), rows)
        write_report(options.into, report)
