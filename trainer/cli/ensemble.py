"""`ensemble fit`: train one preset with many seeds."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.cli.options import Commands, add_data, add_preset, add_settings, parse_settings
from trainer.cluster.ensemble import MEMBERS, ensemble_runs
from trainer.cluster.launcher import launch_runs


def add_commands(commands: Commands) -> None:
    """Add `ensemble` and its actions."""
    ensemble = commands.add_parser("ensemble", help="train one preset with many seeds")
    fit = ensemble.add_subparsers(required=True, metavar="ACTION").add_parser(
        "fit", help="train the members; the same command resumes"
    )
    add_preset(fit)
    fit.add_argument("--seeds", type=int, required=True, help="number of seeds")
    fit.add_argument("--first", type=int, default=0, help="the first seed")
    fit.add_argument("--name", default="seed", help="prefix of the members' names, before the seed")
    add_settings(fit)
    add_launcher(fit)
    fit.set_defaults(run=_fit)


def add_launcher(parser: argparse.ArgumentParser) -> None:
    """The options of commands that train several runs."""
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="output folder; several machines may share it")
    parser.add_argument("--processes", type=int, default=1, help="parallel runs on this machine")
    parser.add_argument("--accelerator", default="auto", help="as in Lightning Fabric: auto, cpu, cuda ...")


def _fit(options: argparse.Namespace) -> None:
    if options.seeds < 1:
        raise ValueError(f"--seeds is {options.seeds}; give at least 1")
    seeds = range(options.first, options.first + options.seeds)
    runs = ensemble_runs(options.name, options.preset, parse_settings(options.set), seeds)
    trained = launch_runs(
        runs, options.data, options.out / MEMBERS, options.out, options.processes, accelerator=options.accelerator
    )
    print(f"Trained {len(trained)} of {len(runs)} members: {options.out / MEMBERS}")
