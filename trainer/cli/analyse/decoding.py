"""`analyse reconstruction`, `decoders`, `held-latents`, `smoothness` and `interpolation`: decoded sound."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from trainer.cli.analyse.measure import (
    add_compared,
    add_measure,
    read_waveforms,
    store_rows,
    write_json_rows,
    write_rows,
)
from trainer.cli.options import Commands, add_json, data_name, folder_names


def add_measures(measures: Commands) -> None:
    """Add the measures of decoded sound."""
    add_measure(
        measures, "reconstruction", _reconstruction, "correlation of decoded and original log-mel spectra", clips=200
    )

    decoders = add_measure(
        measures, "decoders", _decoders, "quality of decoded clips: spectrum, intelligibility, pitch, phones", clips=50
    )
    add_compared(decoders)
    decoders.add_argument(
        "--words", action="store_true", help="also the word error of an offline recogniser, for English recordings"
    )
    add_json(decoders)

    held = add_measure(
        measures, "held-latents", _held_latents, "pitch of latents that stand still: buzz at the frame rate", clips=60
    )
    add_json(held)

    smoothness = add_measure(
        measures, "smoothness", _smoothness, "smoothness of decoded paths along dimensions and between clips", clips=40
    )
    smoothness.add_argument("--module", type=int, help="default: every layer that has a decoder")
    smoothness.add_argument("--dims", type=int, default=5, help="dimensions to traverse, by highest KL or deviation")
    smoothness.add_argument("--steps", type=int, default=25, help="steps of a path")
    add_compared(smoothness)
    add_json(smoothness)

    interpolation = add_measure(
        measures, "interpolation", _interpolation, "interpolation contribution score (ICS) of pairs of clips", clips=200
    )
    interpolation.add_argument("--module", type=int, help="default: the deepest layer that has a decoder")
    interpolation.add_argument("--pairs", type=int, default=200, help="number of pairs of clips")


def _reconstruction(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, write_report
    from trainer.evaluation.decoding.reconstruction import add_reconstructions, reconstructions

    results = reconstructions(load(options.bundle), read_waveforms(options))
    for result in results:
        each = " ".join(f"{value:.3f}" for value in result.each) if len(result.each) <= 10 else ""
        print(
            f"module {result.module}: log-mel correlation {result.correlation}; "
            f"constant mean spectrum {result.baseline}  {each}".rstrip()
        )
    report = read_report(options.bundle) or Report()
    write_report(options.bundle, add_reconstructions(report, f"{data_name(options)}, {options.split}", results))


def _decoders(options: argparse.Namespace) -> None:
    from trainer.evaluation.decoding.decoders import DECODERS_KEY, compare_decoders, table
    from trainer.evaluation.report_rows import rows_to_json

    stored: list[dict[str, object]] = []
    # Each corpus by itself: a mean over several recording conditions describes none of them
    for folder in options.data:
        rows, notes = compare_decoders(
            options.bundle, [folder], options.compare, options.split, options.clips, words=options.words
        )
        corpus = folder_names([folder])
        given = options.name if len(options.data) == 1 or not options.name else f"{options.name}: {corpus}"
        name = f"{given or corpus}, {options.split}"
        print("\n".join([f"{name}:", *notes, "", *table(rows), ""]))
        store_rows(options.bundle, DECODERS_KEY, name, rows_to_json(rows, name))
        stored += rows_to_json(rows, name)
    write_json_rows(options, stored)


def _held_latents(options: argparse.Namespace) -> None:
    from trainer.bundle import load, read_config
    from trainer.evaluation.decoding.held_latents import HELD_LATENTS_KEY, measure_held_latents, table
    from trainer.evaluation.report_rows import rows_to_json
    from trainer.evaluation.selection import min_clip_seconds, select_clips

    header = read_config(options.bundle)
    least = min_clip_seconds(header.config)
    clips = select_clips(options.data, header, options.split, options.clips, min_seconds=least)
    rows = measure_held_latents(load(options.bundle), clips)
    print("\n".join(table(rows)))
    name = f"{data_name(options)}, {options.split}"
    write_rows(options, HELD_LATENTS_KEY, name, rows_to_json(rows, name))


def _smoothness(options: argparse.Namespace) -> None:
    from trainer.evaluation.decoding.smoothness import (
        SMOOTHNESS_KEY,
        STORED_NAMES,
        SmoothnessOptions,
        measure_smoothness,
        table,
    )
    from trainer.evaluation.report_rows import rows_to_json

    given = {name: getattr(options, name) for name in SmoothnessOptions.__dataclass_fields__}
    rows, notes = measure_smoothness(options.bundle, options.data, options.compare, SmoothnessOptions(**given))
    print("\n".join([*notes, "", *table(rows)]))
    module = "" if options.module is None else f", module {options.module}"
    name = f"{data_name(options)}, {options.split}{module}"
    write_rows(options, SMOOTHNESS_KEY, name, rows_to_json(rows, name, stored_names=STORED_NAMES))


def _interpolation(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, write_report
    from trainer.evaluation.decoding.interpolation import INTERPOLATION_KEY, interpolations
    from trainer.evaluation.report_rows import replace_rows

    model = load(options.bundle)
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    if not decoded:
        raise ValueError("the bundle has no decoder; train one with `python -m trainer fit-decoder`")
    module = options.module or decoded[-1]
    results = interpolations(model, module, read_waveforms(options), options.pairs)
    print(f"module {module}: relative(k) of mean square differences (1: no dimension exchanged)")
    for result in results:
        print(f"k = {result.swapped:3d}: waveform {result.waveform}; log-mel {result.log_mel}")
    name = f"{data_name(options)}, {options.split}, module {module}"
    rows = [{"data": name, "module": module, **asdict(result)} for result in results]
    report = read_report(options.bundle) or Report()
    write_report(options.bundle, replace_rows(report, INTERPOLATION_KEY, name, rows))
