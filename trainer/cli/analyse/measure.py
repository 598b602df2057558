"""Options and output shared by the measures of one bundle."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer.cli.options import (
    Commands,
    add_bundle,
    add_clips,
    add_data,
    add_data_name,
    add_deprecated,
    add_split,
)


def add_measure(
    measures: Commands, name: str, run: Callable[[argparse.Namespace], None], text: str, *, clips: int
) -> argparse.ArgumentParser:
    """Add a measure of one bundle over recordings, with a default maximum number of `clips`."""
    parser = measures.add_parser(name, help=text)
    add_bundle(parser)
    add_data(parser)
    add_split(parser)
    add_clips(parser, clips)
    add_data_name(parser)
    parser.set_defaults(run=run)
    return parser


def add_compared(parser: argparse.ArgumentParser) -> None:
    """`--compare`: other bundles measured on the same recordings."""
    compared = parser.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="BUNDLE",
        help="another bundle, measured on the same clips (may be repeated)",
    )
    add_deprecated(parser, "--beside", compared)


def write_rows(options: argparse.Namespace, key: str, data: str, rows: list[dict[str, object]]) -> None:
    """Write `rows` to `--json` if given, and into the bundle's report in place of earlier rows of the same `data`."""
    write_json_rows(options, rows)
    store_rows(options.bundle, key, data, rows)


def write_json_rows(options: argparse.Namespace, rows: list[dict[str, object]]) -> None:
    """Write `rows` to `--json` if given."""
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def store_rows(bundle: Path, key: str, data: str, rows: list[dict[str, object]]) -> None:
    """Write `rows` into the report of `bundle` in place of earlier rows of the same `data`."""
    from trainer.bundle import Report, read_report, write_report
    from trainer.evaluation.report_rows import replace_rows

    write_report(bundle, replace_rows(read_report(bundle) or Report(), key, data, rows))


def read_waveforms(options: argparse.Namespace) -> list[Any]:
    """The selected recordings as waveforms [samples] at the bundle's sample rate."""
    from trainer.bundle import read_config
    from trainer.corpus import read_recording
    from trainer.evaluation.selection import select_clips

    header = read_config(options.bundle)
    chosen = select_clips(options.data, header, options.split, options.clips)
    return [read_recording(one.recording, header.config.sample_rate) for one in chosen]
