"""`analyse probes`: linear probes of every layer."""

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
    comma_separated,
    comma_separated_integers,
    data_name,
)


def add_measures(measures: Commands) -> None:
    """Add `probes`."""
    probes = measures.add_parser("probes", help="accuracy of linear probes of the corpus's labels, for every layer")
    add_bundle(probes)
    add_data(probes)
    probes.add_argument("--labels", type=comma_separated, help="names separated by commas (default: all class labels)")
    probes.add_argument("--group", default="word", help="a label whose values are never split, or 'recording'")
    probes.add_argument("--folds", type=int, default=5, help="number of folds of the cross-validation")
    probes.add_argument(
        "--test-folds", type=comma_separated_integers, help="default: all but 0 and 1, which are for choosing settings"
    )
    add_clips(probes, 3000)
    probes.add_argument("--segments", type=int, default=3000, help="maximum number of timed phones, evenly spaced")
    probes.add_argument("--bands", type=int, default=40, help="bands of the log-mel baseline")
    probes.add_argument("--seed", type=int, default=0, help="seed of the untrained baseline")
    add_json(probes)
    add_data_name(probes)
    probes.set_defaults(run=_probes)


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
