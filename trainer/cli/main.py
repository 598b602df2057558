"""python -m trainer corpus | fit | decoder | align | analyse | report | pack"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Spinning OpenMP threads collapse when another process uses the other core; must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from trainer import config as configuration
from trainer.cli.analyse import add_data, add_measures
from trainer.cli.ensemble import add_ensemble, add_ensemble_measures, settings
from trainer.cli.sweep import add_sweep
from trainer.runtime.malloc_tuning import keep_memory

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with one line on a fault of the input, 130 after Ctrl-C."""
    options = make_parser().parse_args(arguments)
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
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer", description="Train speech encoders and their decoders, and measure them."
    )
    parser.add_argument("--trace", action="store_true", help="show the whole traceback of a fault")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    corpus = commands.add_parser("corpus", help="make a corpus").add_subparsers(required=True, metavar="CORPUS")
    synth = corpus.add_parser("synth", help="the built-in labelled synthetic speech (needs the extra 'synth')")
    synth.add_argument("out", type=Path, metavar="OUT")
    synth.add_argument("--speakers", type=int, default=40)
    synth.add_argument("--words", type=int, default=120, help="utterances a speaker")
    synth.add_argument("--seed", type=int, default=0)
    synth.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="does not change the result")
    synth.set_defaults(run=_synth)

    fit = commands.add_parser("fit", help="train an encoder")
    fit.add_argument("--preset", choices=configuration.PRESETS, required=True)
    fit.add_argument("--out", type=Path, required=True, help="the bundle; the same command again resumes")
    add_data(fit)
    _add_loop(fit)
    fit.add_argument("--waveforms", type=Path, help="where decoded recordings are kept, for several runs to share")
    fit.set_defaults(run=_fit)

    decoder = commands.add_parser("decoder", help="train the decoders of a bundle")
    decoder.add_argument("--bundle", type=Path, required=True)
    decoder.add_argument("--module", type=int, action="append", help="only this module (may be repeated)")
    add_data(decoder)
    _add_loop(decoder)
    decoder.set_defaults(run=_decoder)

    align = commands.add_parser("align", help="turn a bundle's axes, so that dimensions follow the corpus's labels")
    align.add_argument("--bundle", type=Path, required=True)
    kind = align.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--data", type=Path, action="append", help="a labelled corpus it was trained with (may be repeated)"
    )
    kind.add_argument("--as-trained", action="store_true", help="take the axes away again")
    align.add_argument("--clips", type=int, default=300, help="at most so many recordings, spread evenly")
    align.set_defaults(run=_align)

    add_ensemble(commands)
    add_sweep(commands)
    measures = commands.add_parser("analyse", help="measure a bundle").add_subparsers(required=True, metavar="MEASURE")
    add_measures(measures)
    add_ensemble_measures(measures)

    report = commands.add_parser("report", help="write what was found out about a bundle as one HTML file")
    report.add_argument("--bundle", type=Path, required=True)
    report.add_argument("--out", type=Path, help="default: report.html in the bundle")
    report.set_defaults(run=_report)

    pack = commands.add_parser("pack", help="copy a bundle for shipping: half precision, model card, no run folder")
    pack.add_argument("--bundle", type=Path, required=True)
    pack.add_argument("out", type=Path, metavar="OUT")
    pack.add_argument("--examples-seed", type=int, help="add example clips from the built-in synthesiser")
    pack.add_argument(
        "--rights",
        type=Path,
        help="JSON: licence and notes of the model, licence and attribution of each corpus by name",
    )
    pack.set_defaults(run=_pack)
    return parser


def _add_loop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, help="batches to train")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of config.json, value as JSON"
    )
    parser.add_argument("--accelerator", default="auto")
    parser.add_argument("--devices", default="auto")


def _settings(options: argparse.Namespace, section: str) -> dict[str, Any]:
    values = settings(options.set)
    if options.steps is not None:
        values[f"{section}.steps"] = options.steps
    if options.seed is not None:
        values[f"{section}.seed"] = options.seed
    return values


def _synth(options: argparse.Namespace) -> None:
    from trainer.corpus import synthesise

    synthesise(
        options.out, speakers=options.speakers, words=options.words, seed=options.seed, processes=options.processes
    )


def _fit(options: argparse.Namespace) -> bool:
    keep_memory()
    from trainer.training.fit_encoder import fit

    config = configuration.override(configuration.preset(options.preset), _settings(options, "training"))
    return fit(
        config,
        options.data,
        options.out,
        accelerator=options.accelerator,
        devices=options.devices,
        waveforms=options.waveforms,
    )


def _decoder(options: argparse.Namespace) -> bool:
    keep_memory()
    from trainer import bundle
    from trainer.training.fit_decoder import fit_decoder

    config = configuration.override(bundle.read_config(options.bundle).config, _settings(options, "decoder_training"))
    for module in options.module or range(1, len(config.encoder.modules) + 1):
        if not fit_decoder(
            options.bundle, config, module, options.data, accelerator=options.accelerator, devices=options.devices
        ):
            return False
    return True


def _align(options: argparse.Namespace) -> None:
    from trainer.evaluation.dimensions.rotation import align, restore

    if options.as_trained:
        restore(options.bundle)
        print("The dimensions are those of training again. What was said of the others is gone from report.json.")
    else:
        print("\n".join(align(options.bundle, options.data, options.clips)))
        print("\nWhat report.json said of the dimensions before is gone: run `python -m trainer analyse all` next.")


def _report(options: argparse.Namespace) -> None:
    from trainer.publishing.html_report import write_printed

    print(f"written: {write_printed(options.bundle, options.out).name}")


def _pack(options: argparse.Namespace) -> None:
    from trainer.publishing.pack import pack

    pack(options.bundle, options.out, examples_seed=options.examples_seed, rights=options.rights)
