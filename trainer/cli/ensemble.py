"""python -m trainer ensemble fit: one preset from many seeds; analyse channels | fuse: what they have in common."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer import config as configuration
from trainer.cli.analyse import add_data
from trainer.cluster.launcher import Run, train_family

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


def add_ensemble_measures(measures: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Measures of many bundles together."""
    channels = measures.add_parser("channels", help="what the dimensions of many bundles have in common: hot spots")
    _add_members(channels)
    channels.add_argument("--name", help="what to call the ensemble (default: its folder's name)")
    channels.add_argument("--side", choices=("validation", "train", "all"), default="validation", help="as for usage")
    channels.add_argument("--clips", type=int, default=300, help="at most so many recordings, spread evenly")
    channels.add_argument("--samples", type=int, default=1000, help="moments of them in all")
    channels.add_argument("--module", type=int, action="append", help="default: every one (may be repeated)")
    channels.add_argument("--distance", choices=("nmi", "vi"), default="nmi")
    channels.add_argument("--min-samples", type=int, help="of OPTICS; default: scaled to the number of bundles")
    channels.add_argument("--steepness", type=float, default=0.05, help="of a valley's sides, as a share")
    channels.add_argument("--resamples", type=int, default=20, help="of the recordings, for intervals and stability")
    channels.add_argument("--seed", type=int, default=0)
    channels.set_defaults(run=_channels)

    fusion = measures.add_parser("fuse", help="whether a channel fused from a hot spot holds more than its members")
    _add_members(fusion)
    fusion.add_argument("--spot", type=int, action="append", help="default: the largest (may be repeated)")
    fusion.add_argument(
        "--similarity", choices=("vi", "nmi"), default="vi", help="to the spot's channels, that is brought up"
    )
    fusion.add_argument("--seed", type=int, default=0)
    fusion.set_defaults(run=_fuse)


def _add_members(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ensemble", type=Path, required=True, help="its folder, which gets ensemble.json")
    parser.add_argument(
        "--bundle", type=Path, action="append", help="a bundle (may be repeated); default: all in the folder's members"
    )
    add_data(parser)


def _members(options: argparse.Namespace) -> list[Path]:
    """Raises ValueError where there are not two."""
    paths = options.bundle or sorted(
        path.parent for path in (options.ensemble / MEMBERS).glob("*/config.json") if path.is_file()
    )
    if len(paths) < 2:
        raise ValueError("--ensemble: two bundles are needed; train them with `python -m trainer ensemble fit`")
    return list(paths)


def _channels(options: argparse.Namespace) -> None:
    from trainer.bundle import write_ensemble
    from trainer.evaluation.ensembles.channels import ChannelOptions, compare_channels
    from trainer.evaluation.ensembles.hot_spot_table import table

    if options.samples < 10 or options.clips < 2:
        raise ValueError("--samples must be at least 10, and --clips at least 2")
    asked = {name: getattr(options, name) for name in ChannelOptions.__dataclass_fields__ if name in options}
    asked["name"] = options.name or options.ensemble.resolve().name
    asked["modules"] = tuple(options.module) if options.module else None
    asked["data"] = " + ".join(folder.resolve().name for folder in options.data)
    ensemble = compare_channels(_members(options), options.data, ChannelOptions(**asked))
    write_ensemble(options.ensemble, ensemble)
    print("\n".join(table(ensemble)))


def _fuse(options: argparse.Namespace) -> None:
    from trainer.bundle import read_ensemble, write_ensemble
    from trainer.evaluation.ensembles.fusion import fuse_ensemble, table

    ensemble = read_ensemble(options.ensemble)
    ensemble = fuse_ensemble(ensemble, _members(options), options.data, options.spot, options.seed, options.similarity)
    write_ensemble(options.ensemble, ensemble)
    print("\n".join(table(ensemble.fusion)))
