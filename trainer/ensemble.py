"""python -m trainer ensemble fit: one preset trained from many seeds."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer import config as configuration
from trainer.analyse import add_data
from trainer.family import Run, train_family

MEMBERS = "members"
_SPLIT_SEED = 0


def add_ensemble(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    ensemble = commands.add_parser("ensemble", help="train one preset from many seeds")
    fit = ensemble.add_subparsers(required=True, metavar="ACTION").add_parser("fit", help="the same command resumes")
    fit.add_argument("--preset", choices=configuration.PRESETS, required=True)
    fit.add_argument("--seeds", type=int, required=True, help="how many")
    fit.add_argument("--first", type=int, default=0, help="the first of them")
    fit.add_argument("--name", default="seed", help="what members are called, before their seed")
    fit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="as for fit")
    add_family(fit)
    fit.set_defaults(run=_fit)


def add_family(parser: argparse.ArgumentParser) -> None:
    """What all that train several runs are told."""
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, help="a folder; several machines may share it")
    parser.add_argument("--processes", type=int, default=1, help="runs at a time on this machine")
    parser.add_argument("--accelerator", default="auto")


def settings(assignments: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE, the value as JSON or as it stands. Raises ValueError."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        if not separator:
            raise ValueError(f"--set {assignment}: write NAME=VALUE")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


def seeded(name: str, preset: str, values: dict[str, Any], seed: int) -> Run:
    """A run of `seed` that holds out what every other seed does, so that all can be compared on it."""
    return Run(name, preset, {**values, "training.seed": seed, "training.split_seed": _SPLIT_SEED})


def _fit(options: argparse.Namespace) -> None:
    if options.seeds < 1:
        raise ValueError(f"--seeds is {options.seeds}; at least 1 is needed")
    values = settings(options.set)
    runs = [
        seeded(f"{options.name}-{seed}", options.preset, values, seed)
        for seed in range(options.first, options.first + options.seeds)
    ]
    made = train_family(
        runs, options.data, options.out / MEMBERS, options.out, options.processes, accelerator=options.accelerator
    )
    print(f"{len(made)} of {len(runs)} members are trained: {options.out / MEMBERS}")
