"""`report` and `pack`: files made from a bundle for other people."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainer.cli.options import Commands, add_bundle


def add_commands(commands: Commands) -> None:
    """Add `report` and `pack`."""
    report = commands.add_parser("report", help="write the results of a bundle as one HTML file")
    add_bundle(report)
    report.add_argument("--out", type=Path, help="default: report.html in the bundle")
    report.set_defaults(run=_report)

    pack = commands.add_parser("pack", help="copy a bundle for shipping: half precision, model card, no run folder")
    add_bundle(pack)
    pack.add_argument("out", type=Path, metavar="OUT")
    pack.add_argument("--examples-seed", type=int, help="add example clips from the built-in synthesiser")
    pack.add_argument(
        "--rights",
        type=Path,
        help="JSON: licence and notes of the model, licence and attribution of each corpus by name",
    )
    pack.set_defaults(run=_pack)


def _report(options: argparse.Namespace) -> None:
    from trainer.publishing.html_report import write_html_report

    print(f"Wrote {write_html_report(options.bundle, options.out).name}")


def _pack(options: argparse.Namespace) -> None:
    from trainer.publishing.pack import pack

    pack(options.bundle, options.out, examples_seed=options.examples_seed, rights=options.rights)
