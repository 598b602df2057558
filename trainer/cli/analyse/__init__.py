"""`analyse`: evaluate a bundle or an ensemble. One file a group of measures."""

from __future__ import annotations

from trainer.cli.analyse import decoding, dimensions, ensembles, prior, probing
from trainer.cli.options import Commands

MEASURE_GROUPS = (dimensions, decoding, prior, probing, ensembles)
"""Modules with `add_measures(measures)`, in the order of the help text."""


def add_commands(commands: Commands) -> None:
    """Add `analyse` and its measures."""
    measures = commands.add_parser("analyse", help="evaluate a bundle").add_subparsers(required=True, metavar="MEASURE")
    for group in MEASURE_GROUPS:
        group.add_measures(measures)
