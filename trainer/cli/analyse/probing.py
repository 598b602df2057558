"""`analyse probes`, `bounds` and `abx`: what can be read from every layer."""

from __future__ import annotations

import argparse

from trainer.cli.analyse.measure import write_rows
from trainer.cli.options import (
    Commands,
    add_bundle,
    add_clips,
    add_data,
    add_data_name,
    add_json,
    add_split,
    comma_separated,
    comma_separated_integers,
    data_name,
)


def add_measures(measures: Commands) -> None:
    """Add `probes`, `bounds` and `abx`."""
    probes = measures.add_parser("probes", help="accuracy of linear probes of the corpus's labels, for every layer")
    _add_probe_options(probes)
    probes.set_defaults(run=_probes)

    bounds = measures.add_parser("bounds", help="information about the corpus's labels in every layer, in bits")
    _add_probe_options(bounds)
    add_split(bounds)
    bounds.set_defaults(run=_bounds)

    abx = measures.add_parser("abx", help="ABX discriminability of phones, for every layer; needs no probe")
    add_bundle(abx)
    add_data(abx)
    add_split(abx)
    add_clips(abx, 600)
    abx.add_argument("--segments", type=int, default=6000, help="maximum number of timed phones, evenly spaced")
    abx.add_argument("--triples", type=int, default=20, help="triples per ordered pair of phones")
    abx.add_argument("--bands", type=int, default=40, help="bands of the log-mel baseline")
    abx.add_argument("--seed", type=int, default=0, help="seed of the triples and of the untrained baseline")
    add_json(abx)
    add_data_name(abx)
    abx.set_defaults(run=_abx)


def _add_probe_options(parser: argparse.ArgumentParser) -> None:
    add_bundle(parser)
    add_data(parser)
    parser.add_argument("--labels", type=comma_separated, help="names separated by commas (default: all class labels)")
    parser.add_argument("--group", default="word", help="a label whose values are never split, or 'recording'")
    parser.add_argument("--folds", type=int, default=5, help="number of folds of the cross-validation")
    parser.add_argument(
        "--test-folds", type=comma_separated_integers, help="default: all but 0 and 1, which are for choosing settings"
    )
    add_clips(parser, 3000)
    parser.add_argument("--segments", type=int, default=3000, help="maximum number of timed phones, evenly spaced")
    parser.add_argument("--bands", type=int, default=40, help="bands of the log-mel baseline")
    parser.add_argument("--seed", type=int, default=0, help="seed of the untrained baseline")
    add_json(parser)
    add_data_name(parser)


def _probes(options: argparse.Namespace) -> None:
    from trainer.bundle import read_config
    from trainer.evaluation.probing.probes import PROBES_KEY, ProbeOptions, probe_bundle, table
    from trainer.evaluation.report_rows import rows_to_json
    from trainer.evaluation.representations import target_loudness

    given = {name: getattr(options, name) for name in ProbeOptions.__dataclass_fields__ if name in options}
    rows, notes = probe_bundle(options.bundle, options.data, ProbeOptions(**given))
    print("\n".join([*notes, "", *table(rows)]))
    name = data_name(options)
    loudness = target_loudness(read_config(options.bundle).config)
    write_rows(options, PROBES_KEY, name, rows_to_json(rows, name, loudness_dbfs=loudness))


def _bounds(options: argparse.Namespace) -> None:
    from trainer.bundle import Report
    from trainer.evaluation.probing.bounds import add_bounds
    from trainer.evaluation.probing.probes import ProbeOptions
    from trainer.evaluation.report_rows import rows_of
    from trainer.metrics.probing.information_bounds import BOUNDS_KEY

    given = {name: getattr(options, name) for name in ProbeOptions.__dataclass_fields__ if name in options}
    name = f"{data_name(options)}, {options.split}"
    found, lines = add_bounds(Report(), name, options.bundle, options.data, ProbeOptions(**given))
    print("\n".join(lines))
    write_rows(options, BOUNDS_KEY, name, rows_of(found, BOUNDS_KEY))


def _abx(options: argparse.Namespace) -> None:
    from trainer.evaluation.probing.abx import ABX_KEY, AbxOptions, measure_abx, table
    from trainer.evaluation.report_rows import rows_to_json

    given = {name: getattr(options, name) for name in AbxOptions.__dataclass_fields__}
    rows, notes = measure_abx(options.bundle, options.data, AbxOptions(**given))
    print("\n".join([*notes, "", *table(rows)]))
    name = f"{data_name(options)}, {options.split}"
    write_rows(options, ABX_KEY, name, rows_to_json(rows, name))
