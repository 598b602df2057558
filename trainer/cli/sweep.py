"""`sweep`: train over beta and over noise variance, and measure what closeness to N(0, I) costs."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.cli.ensemble import add_launcher
from trainer.cli.options import (
    Commands,
    add_deprecated,
    add_preset,
    add_settings,
    comma_separated_floats,
    folder_names,
    parse_settings,
)
from trainer.cluster.ensemble import MEMBERS
from trainer.cluster.launcher import launch_runs
from trainer.cluster.sweep import BETAS, NOISES, sweep_runs


def add_commands(commands: Commands) -> None:
    """Add `sweep`."""
    sweep = commands.add_parser(
        "sweep", help="train over beta and over noise; compare probe results with the distance to N(0, I)"
    )
    add_preset(sweep, default="narrow")
    sweep.add_argument(
        "--betas", type=comma_separated_floats, default=BETAS, help="KL weights, separated by commas; '' for none"
    )
    sweep.add_argument(
        "--noises", type=comma_separated_floats, default=NOISES, help="noise variances of the objective dim-noise"
    )
    sweep.add_argument("--seeds", type=int, default=2, help="runs per value")
    add_settings(sweep)
    sweep.add_argument("--clips", type=int, default=300, help="maximum number of validation recordings to measure")
    sweep.add_argument("--label", default="phone", help="the label that probes predict")
    target = sweep.add_argument(
        "--report-into", type=Path, metavar="BUNDLE", help="also write the rows into this bundle's report"
    )
    add_deprecated(sweep, "--into", target)
    add_launcher(sweep)
    sweep.set_defaults(run=_sweep)


def _sweep(options: argparse.Namespace) -> None:
    runs = sweep_runs(options.preset, parse_settings(options.set), options.betas, options.noises, options.seeds)
    paths = launch_runs(
        runs, options.data, options.out / MEMBERS, options.out, options.processes, accelerator=options.accelerator
    )
    print(f"Trained {len(paths)} of {len(runs)} runs: {options.out / MEMBERS}")
    if len(paths) == len(runs):
        _measure(paths, options)


def _measure(paths: list[Path], options: argparse.Namespace) -> None:
    from trainer.bundle import Report, read_report, write_report
    from trainer.evaluation.prior.sweep import measure_sweep
    from trainer.evaluation.prior.tradeoff import add_tradeoff, table

    rows = measure_sweep(
        paths,
        options.data,
        options.out,
        preset=options.preset,
        data_name=folder_names(options.data),
        clips=options.clips,
        label=options.label,
    )
    print("\n".join(table(rows)))
    if options.report_into is not None:
        report = add_tradeoff(read_report(options.report_into) or Report(), rows)
        write_report(options.report_into, report)
