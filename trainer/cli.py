"""python -m trainer corpus | fit | decoder | analyse"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Spinning OpenMP threads collapse when another process uses the other core; must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from trainer import config as configuration

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
    _add_data(fit)
    _add_loop(fit)
    fit.set_defaults(run=_fit)

    decoder = commands.add_parser("decoder", help="train the decoders of a bundle")
    decoder.add_argument("--bundle", type=Path, required=True)
    decoder.add_argument("--module", type=int, action="append", help="only this module (may be repeated)")
    _add_data(decoder)
    _add_loop(decoder)
    decoder.set_defaults(run=_decoder)

    analyse = commands.add_parser("analyse", help="measure a bundle").add_subparsers(required=True, metavar="MEASURE")
    for name, run, text in (
        ("usage", _usage, "KL, activity and sensitivity of every dimension, into report.json"),
        ("reconstruction", _reconstruction, "how near decoded clips are to the originals"),
    ):
        measure = analyse.add_parser(name, help=text)
        measure.add_argument("--bundle", type=Path, required=True)
        _add_data(measure)
        measure.add_argument(
            "--side",
            choices=("validation", "train", "all"),
            default="validation",
            help="of the split the bundle was trained with; all: every recording",
        )
        measure.add_argument("--clips", type=int, default=200, help="at most so many clips, spread evenly")
        measure.add_argument("--name", help="what to call these clips in the report (default: the folder's name)")
        measure.set_defaults(run=run)

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


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, action="append", required=True, help="a folder of recordings (may be repeated)"
    )


def _add_loop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, help="batches to train")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of config.json, value as JSON"
    )
    parser.add_argument("--accelerator", default="auto")
    parser.add_argument("--devices", default="auto")


def _settings(options: argparse.Namespace, section: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for assignment in options.set:
        name, separator, text = assignment.partition("=")
        if not separator:
            raise ValueError(f"--set {assignment}: write NAME=VALUE")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
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
    from trainer.fit import fit

    config = configuration.override(configuration.preset(options.preset), _settings(options, "training"))
    return fit(config, options.data, options.out, accelerator=options.accelerator, devices=options.devices)


def _decoder(options: argparse.Namespace) -> bool:
    from trainer import bundle
    from trainer.fit_decoder import fit_decoder

    config = configuration.override(bundle.read_config(options.bundle).config, _settings(options, "decoder_training"))
    for module in options.module or range(1, len(config.encoder.modules) + 1):
        if not fit_decoder(
            options.bundle, config, module, options.data, accelerator=options.accelerator, devices=options.devices
        ):
            return False
    return True


def _usage(options: argparse.Namespace) -> None:
    from trainer.analysis.measure import report_usage, step_effects
    from trainer.bundle import load, read_report, write_report

    model = load(options.bundle)
    waveforms = _waveforms(options)
    report = report_usage(model, waveforms)
    earlier = read_report(options.bundle)
    write_report(options.bundle, report if earlier is None else earlier.model_copy(update={"modules": report.modules}))
    for part in report.modules:
        active = sum(dimension.active for dimension in part.dimensions)
        total = sum(dimension.kl or 0.0 for dimension in part.dimensions)
        print(
            f"module {part.module}: {active} of {len(part.dimensions)} dimensions active, "
            f"KL {total:.1f} nats a frame over {part.frames} frames of {len(waveforms)} clips"
        )
    for effect in step_effects(model, waveforms, report):
        kl = "" if effect.kl is None else f" (KL {effect.kl:.2f})"
        print(
            f"module {effect.module} dimension {effect.dim}{kl}: "
            f"{effect.step:+g} changes the decoded log-mel by, in dB, {effect.change_db}"
        )


def _reconstruction(options: argparse.Namespace) -> None:
    from trainer.analysis.measure import add_reconstructions, reconstructions
    from trainer.bundle import Report, load, read_report, write_report

    results = reconstructions(load(options.bundle), _waveforms(options))
    for result in results:
        each = " ".join(f"{value:.3f}" for value in result.each) if len(result.each) <= 10 else ""
        print(
            f"module {result.module}: log-mel correlation {result.correlation}; "
            f"mean spectrum held still {result.baseline}  {each}".rstrip()
        )
    name = options.name or " + ".join(folder.resolve().name for folder in options.data)
    write_report(
        options.bundle, add_reconstructions(read_report(options.bundle) or Report(), f"{name}, {options.side}", results)
    )


def _waveforms(options: argparse.Namespace) -> list[Any]:
    """Clips of the asked side, spread evenly, decoded at the bundle's rate."""
    from trainer.bundle import read_config
    from trainer.corpus import scan
    from trainer.corpus.files import read_recording
    from trainer.corpus.sides import find_sides

    header = read_config(options.bundle)
    config = header.config
    if options.side == "all":
        recordings = [recording for folder in options.data for recording in scan(folder)]
    else:
        sides = find_sides(options.data, config, header.provenance.corpora)
        recordings = sides.train if options.side == "train" else sides.validation
    stride = max(1, -(-len(recordings) // options.clips))
    return [read_recording(recording, config.sample_rate) for recording in recordings[::stride]]


def _pack(options: argparse.Namespace) -> None:
    from trainer.pack import pack

    pack(options.bundle, options.out, examples_seed=options.examples_seed, rights=options.rights)
