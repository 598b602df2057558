"""`analyse prior`: distance between latents and N(0, I)."""

from __future__ import annotations

import argparse

from trainer.cli.analyse.measure import add_measure
from trainer.cli.options import Commands, data_name


def add_measures(measures: Commands) -> None:
    """Add `prior`."""
    add_measure(
        measures,
        "prior",
        _prior,
        "distance of latents from N(0, I), per dimension and jointly, and its certified upper bound",
        clips=300,
    )


def _prior(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_config, read_report, write_report
    from trainer.evaluation.prior.normality_report import add_normality
    from trainer.evaluation.selection import min_clip_seconds, select_clips

    header = read_config(options.bundle)
    least = min_clip_seconds(header.config)
    chosen = select_clips(options.data, header, options.split, options.clips, min_seconds=least)
    report = read_report(options.bundle) or Report()
    report, lines = add_normality(report, f"{data_name(options)}, {options.split}", load(options.bundle), chosen)
    print("\n".join(lines))
    write_report(options.bundle, report)
