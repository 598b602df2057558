"""Options shared by several commands, and renamed options that still work."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from trainer import config as configuration

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data`: the folders of recordings."""
    parser.add_argument(
        "--data", type=Path, action="append", required=True, help="a folder of recordings (may be repeated)"
    )


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """`--bundle`: one trained model."""
    parser.add_argument("--bundle", type=Path, required=True, help="the folder of a trained model")


def add_preset(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """`--preset`: a named configuration; required where there is no `default`."""
    parser.add_argument("--preset", choices=configuration.PRESETS, default=default, required=default is None)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set`: any setting of a configuration."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any setting of config.json, value as JSON (may be repeated)",
    )


def add_training(parser: argparse.ArgumentParser) -> None:
    """The options of one training run: data, steps, seed, settings, devices."""
    add_data(parser)
    parser.add_argument("--steps", type=int, help="number of training steps")
    parser.add_argument("--seed", type=int, help="seed of weights, crops and noise")
    add_settings(parser)
    parser.add_argument("--accelerator", default="auto", help="as in Lightning Fabric: auto, cpu, cuda ...")
    parser.add_argument("--devices", default="auto", help="as in Lightning Fabric: auto or a number")


def add_split(parser: argparse.ArgumentParser) -> None:
    """`--split`: which part of the recordings is measured."""
    split = parser.add_argument(
        "--split",
        choices=("validation", "train", "all"),
        default="validation",
        help="of the split that the bundle was trained with; all: every recording (default: validation)",
    )
    add_deprecated(parser, "--side", split)


def add_clips(parser: argparse.ArgumentParser, default: int) -> None:
    """`--clips`: an upper limit of the number of recordings."""
    parser.add_argument(
        "--clips", type=int, default=default, help=f"maximum number of recordings, evenly spaced (default: {default})"
    )


def add_data_name(parser: argparse.ArgumentParser) -> None:
    """`--name`: the name of the recordings in the report."""
    parser.add_argument("--name", help="name of the recordings in the report (default: the name of the data folder)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: a second place for the rows."""
    parser.add_argument("--json", type=Path, help="also write the rows to this file")


def add_deprecated(parser: argparse._ActionsContainer, old: str, replacement: argparse.Action) -> None:
    """Accept the option `old` as `replacement`, with a deprecation message on standard error."""
    converter: dict[str, Any] = {} if replacement.type is None else {"type": replacement.type}
    parser.add_argument(
        old,
        **converter,
        action=_DeprecatedOption,
        nargs=replacement.nargs,
        choices=replacement.choices,
        dest=replacement.dest,
        default=argparse.SUPPRESS,
        help=argparse.SUPPRESS,
        replacement=replacement,
    )


class _DeprecatedOption(argparse.Action):
    def __init__(self, *args: Any, replacement: argparse.Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.replacement = replacement

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        warn_deprecated(str(option_string), self.replacement.option_strings[0])
        self.replacement(parser, namespace, values, option_string)


def warn_deprecated(old: str, new: str) -> None:
    """Write a deprecation message to standard error."""
    print(f"trainer: {old} is deprecated and will be removed in the next version; use {new}", file=sys.stderr)


def parse_settings(assignments: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` strings as a dictionary; a value that is not JSON is a string. Raises ValueError."""
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


def training_settings(options: argparse.Namespace, section: str) -> dict[str, Any]:
    """`--set`, `--steps` and `--seed` as settings of the configuration's `section`. Raises ValueError."""
    values = parse_settings(options.set)
    if options.steps is not None:
        values[f"{section}.steps"] = options.steps
    if options.seed is not None:
        values[f"{section}.seed"] = options.seed
    return values


def data_name(options: argparse.Namespace) -> str:
    """The name of the recordings in reports: `--name`, or the names of the data folders."""
    return options.name or folder_names(options.data)


def folder_names(folders: Sequence[Path]) -> str:
    """The names of `folders`, joined."""
    return " + ".join(folder.resolve().name for folder in folders)


def comma_separated(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def comma_separated_integers(text: str) -> tuple[int, ...]:
    """Whole numbers separated by commas."""
    return tuple(int(number) for number in comma_separated(text))


def comma_separated_floats(text: str) -> tuple[float, ...]:
    """Numbers separated by commas."""
    return tuple(float(number) for number in comma_separated(text))
