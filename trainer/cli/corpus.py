"""`corpus synth`: generate the built-in synthetic corpus."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from trainer.cli.options import Commands


def add_commands(commands: Commands) -> None:
    """Add `corpus` and its actions."""
    corpus = commands.add_parser("corpus", help="generate a corpus").add_subparsers(required=True, metavar="CORPUS")
    synth = corpus.add_parser("synth", help="the built-in labelled synthetic speech (needs the extra 'synth')")
    synth.add_argument("out", type=Path, metavar="OUT")
    synth.add_argument("--speakers", type=int, default=40)
    synth.add_argument("--words", type=int, default=120, help="utterances per speaker")
    synth.add_argument("--seed", type=int, default=0)
    synth.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="parallel processes; does not change the result"
    )
    synth.set_defaults(run=_synth)


def _synth(options: argparse.Namespace) -> None:
    from trainer.corpus import synthesise

    synthesise(
        options.out, speakers=options.speakers, words=options.words, seed=options.seed, processes=options.processes
    )
