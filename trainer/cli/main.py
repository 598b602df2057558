"""Entry point of `python -m trainer` and `sim-trainer`: the parser, error messages and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

# With spinning OpenMP threads a process slows down many times when another one uses the second core. This must be set
# before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from trainer.cli import analyse, corpus, ensemble, fit, publish, rotate, sweep
from trainer.cli.options import warn_deprecated

INTERRUPTED = 130

COMMAND_GROUPS = (corpus, fit, rotate, ensemble, sweep, analyse, publish)
"""Modules with `add_commands(commands)`, in the order of the help text."""

RENAMED_COMMANDS = {("decoder",): "fit-decoder", ("align",): "rotate", ("analyse", "fuse"): "analyse fuse-channels"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 on success, 1 with a one-line message if the input is invalid, 130 after Ctrl-C."""
    options = make_parser().parse_args(_current_names(sys.argv[1:] if arguments is None else arguments))
    try:
        finished = options.run(options)
    except (ValueError, OSError, RuntimeError) as error:
        if options.trace:
            raise
        print(f"trainer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0 if finished is not False else INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer", description="Train speech encoders and their decoders, and evaluate them."
    )
    parser.add_argument("--trace", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in COMMAND_GROUPS:
        group.add_commands(commands)
    return parser


def _current_names(arguments: Sequence[str]) -> list[str]:
    """`arguments` with a renamed command replaced by its current name, with a deprecation message."""
    words = list(arguments)
    start = 1 if words[:1] == ["--trace"] else 0
    for old, new in RENAMED_COMMANDS.items():
        end = start + len(old)
        if tuple(words[start:end]) == old:
            warn_deprecated(f"`{' '.join(old)}`", f"`{new}`")
            return [*words[:start], *new.split(), *words[end:]]
    return words
