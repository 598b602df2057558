"""python -m trainer analyse all | usage | reconstruction | interpolation | probes | decoders | smoothness | prior"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

# What needs torch is imported by the command that runs, so that the parser is quick and the environment set before.


def add_measures(measures: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The measures and their options."""
    for name, run, clips, text in (
        ("all", _all, 300, "what each dimension means: all that the page shows of it, part by part, into report.json"),
        ("usage", _usage, 200, "KL, activity and sensitivity of every dimension, into report.json"),
        ("reconstruction", _reconstruction, 200, "how near decoded clips are to the originals, in one figure"),
        ("decoders", _decoders, 50, "what decoded clips keep: spectrum, intelligibility, melody, phones"),
        ("smoothness", _smoothness, 40, "how evenly the decoded sound moves along dimensions and between clips"),
        (
            "prior",
            _prior,
            300,
            "how far latents are from N(0, I), dimension by dimension and jointly, and what is certified",
        ),
        ("interpolation", _interpolation, 200, "how few dimensions carry the difference between two clips (ICS)"),
    ):
        measure = measures.add_parser(name, help=text)
        measure.add_argument("--bundle", type=Path, required=True)
        add_data(measure)
        measure.add_argument(
            "--side",
            choices=("validation", "train", "all"),
            default="validation",
            help="of the split the bundle was trained with; all: every recording",
        )
        measure.add_argument("--clips", type=int, default=clips, help="at most so many clips, spread evenly")
        measure.add_argument("--name", help="what to call these clips in the report (default: the folder's name)")
        measure.set_defaults(run=run)
        if name == "all":
            measure.add_argument("--parts", type=_names, help="names with commas between; default: every one")
            measure.add_argument("--again", action="store_true", help="measure anew what is done already")
        if name == "interpolation":
            measure.add_argument("--module", type=int, help="default: the deepest that has a decoder")
            measure.add_argument("--pairs", type=int, default=200)
        if name == "smoothness":
            measure.add_argument("--module", type=int, help="default: every one that has a decoder")
            measure.add_argument("--dims", type=int, default=5, help="walked one by one: of most KL, or most sd")
            measure.add_argument("--steps", type=int, default=25, help="of a path")
        if name in ("decoders", "smoothness"):
            measure.add_argument(
                "--beside",
                type=Path,
                action="append",
                default=[],
                metavar="BUNDLE",
                help="another bundle, measured on the same clips (may be repeated)",
            )
            measure.add_argument("--json", type=Path, help="write the rows here as well")

    _add_probes(
        measures.add_parser("probes", help="how well a linear probe tells the corpus's labels from each module")
    )


def _add_probes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path, required=True)
    add_data(parser)
    parser.add_argument("--labels", type=_names, help="names with commas between; default: all that can be probed")
    parser.add_argument("--group", default="word", help="a label whose values are never split, or 'recording'")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--test-folds", type=_numbers, help="default: all but 0 and 1, which are for choosing")
    parser.add_argument("--clips", type=int, default=3000, help="at most so many recordings, spread evenly")
    parser.add_argument("--segments", type=int, default=3000, help="at most so many timed phones, spread evenly")
    parser.add_argument("--bands", type=int, default=40, help="of the log-mel baseline")
    parser.add_argument("--seed", type=int, default=0, help="of the untrained baseline")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    parser.add_argument("--name", help="what to call these recordings in the report (default: the folder's name)")
    parser.set_defaults(run=_probes)


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option that says which recordings."""
    parser.add_argument(
        "--data", type=Path, action="append", required=True, help="a folder of recordings (may be repeated)"
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(name) for name in _names(text))


def _all(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from trainer.evaluation.run_all import PARTS, Survey, analyse_all

    parts = options.parts or tuple(PARTS)
    if unknown := [name for name in parts if name not in PARTS]:
        raise ValueError(f"--parts: {', '.join(unknown)} is not one of {', '.join(PARTS)}")
    survey = Survey(options.bundle, tuple(options.data), options.side, options.clips, options.name or "")
    try:
        failed = analyse_all(survey, parts, tqdm.write, again=options.again)
    except KeyboardInterrupt:
        tqdm.write("Stopped; what is done is kept, and the same command goes on with the rest.")
        raise
    if len(failed) == len(parts):
        raise ValueError("nothing could be measured; the reasons stand above")


def _usage(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, write_report
    from trainer.evaluation.dimension_facts import with_usage
    from trainer.evaluation.dimensions.usage import report_usage, step_effects

    model = load(options.bundle)
    waveforms = _waveforms(options)
    report = report_usage(model, waveforms)
    write_report(options.bundle, with_usage(read_report(options.bundle) or Report(), report))
    for part in report.modules:
        active = sum(dimension.active for dimension in part.dimensions)
        kls = [dimension.kl for dimension in part.dimensions if dimension.kl is not None]
        print(
            f"module {part.module}: {active} of {len(part.dimensions)} dimensions active, "
            f"{f'KL {sum(kls):.1f} nats a frame' if kls else 'deterministic'} "
            f"over {part.frames} frames of {len(waveforms)} clips"
        )
    for effect in step_effects(model, waveforms, report):
        kl = "" if effect.kl is None else f" (KL {effect.kl:.2f})"
        print(
            f"module {effect.module} dimension {effect.dim}{kl}: "
            f"{effect.step:+g} changes the decoded log-mel by, in dB, {effect.change_db}"
        )


def _reconstruction(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, write_report
    from trainer.evaluation.decoding.reconstruction import add_reconstructions, reconstructions

    results = reconstructions(load(options.bundle), _waveforms(options))
    for result in results:
        each = " ".join(f"{value:.3f}" for value in result.each) if len(result.each) <= 10 else ""
        print(
            f"module {result.module}: log-mel correlation {result.correlation}; "
            f"mean spectrum held still {result.baseline}  {each}".rstrip()
        )
    report = read_report(options.bundle) or Report()
    write_report(options.bundle, add_reconstructions(report, f"{_data_name(options)}, {options.side}", results))


def _interpolation(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, write_report
    from trainer.evaluation.decoding.interpolation import INTERPOLATION_KEY, interpolations
    from trainer.evaluation.report_rows import replace_rows

    model = load(options.bundle)
    decoded = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    if not decoded:
        raise ValueError("the bundle has no decoder; train one with `python -m trainer decoder`")
    module = options.module or decoded[-1]
    results = interpolations(model, module, _waveforms(options), options.pairs)
    print(f"module {module}, relative(k) of mean square differences; 1: nothing moved")
    for result in results:
        print(f"k = {result.swapped:3d}: waveform {result.waveform}; log-mel {result.log_mel}")
    name = f"{_data_name(options)}, {options.side}, module {module}"
    rows = [{"data": name, "module": module, **asdict(result)} for result in results]
    report = read_report(options.bundle) or Report()
    write_report(options.bundle, replace_rows(report, INTERPOLATION_KEY, name, rows))


def _prior(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_config, read_report, write_report
    from trainer.evaluation.prior.normality import add_normality
    from trainer.evaluation.selection import choose, shortest_seconds

    header = read_config(options.bundle)
    least = shortest_seconds(header.config)
    chosen = choose(options.data, header, options.side, options.clips, least_seconds=least)
    report = read_report(options.bundle) or Report()
    report, lines = add_normality(report, f"{_data_name(options)}, {options.side}", load(options.bundle), chosen)
    print("\n".join(lines))
    write_report(options.bundle, report)


def _decoders(options: argparse.Namespace) -> None:
    from trainer.evaluation.decoding.decoders import DECODERS_KEY, compare, rows_to_json, table

    rows, notes = compare(options.bundle, options.data, options.beside, options.side, options.clips)
    print("\n".join([*notes, "", *table(rows)]))
    name = f"{_data_name(options)}, {options.side}"
    _keep(options, DECODERS_KEY, name, rows_to_json(rows, name))


def _smoothness(options: argparse.Namespace) -> None:
    from trainer.evaluation.decoding.smoothness import (
        SMOOTHNESS_KEY,
        SmoothnessOptions,
        rows_to_json,
        table,
        walk_bundles,
    )

    asked = {name: getattr(options, name) for name in SmoothnessOptions.__dataclass_fields__}
    rows, notes = walk_bundles(options.bundle, options.data, options.beside, SmoothnessOptions(**asked))
    print("\n".join([*notes, "", *table(rows)]))
    module = "" if options.module is None else f", module {options.module}"
    name = f"{_data_name(options)}, {options.side}{module}"
    _keep(options, SMOOTHNESS_KEY, name, rows_to_json(rows, name))


def _probes(options: argparse.Namespace) -> None:
    from trainer.bundle import read_config
    from trainer.evaluation.probing.probes import PROBES_KEY, ProbeOptions, probe_bundle, rows_to_json, table

    asked = {name: getattr(options, name) for name in ProbeOptions.__dataclass_fields__ if name in options}
    rows, notes = probe_bundle(options.bundle, options.data, ProbeOptions(**asked))
    print("\n".join([*notes, "", *table(rows)]))
    name = _data_name(options)
    _keep(options, PROBES_KEY, name, rows_to_json(rows, name, read_config(options.bundle).config))


def _keep(options: argparse.Namespace, key: str, data: str, rows: list[dict[str, object]]) -> None:
    """Write rows to the file asked for, and into the bundle's report in place of those on the same data."""
    from trainer.bundle import Report, read_report, write_report
    from trainer.evaluation.report_rows import replace_rows

    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    write_report(options.bundle, replace_rows(read_report(options.bundle) or Report(), key, data, rows))


def _data_name(options: argparse.Namespace) -> str:
    return options.name or " + ".join(folder.resolve().name for folder in options.data)


def _waveforms(options: argparse.Namespace) -> list[Any]:
    """Clips of the asked side, spread evenly, decoded at the bundle's rate."""
    from trainer.bundle import read_config
    from trainer.corpus import read_recording
    from trainer.evaluation.selection import choose

    header = read_config(options.bundle)
    chosen = choose(options.data, header, options.side, options.clips)
    return [read_recording(one.recording, header.config.sample_rate) for one in chosen]
