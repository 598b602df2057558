"""`analyse all` and `analyse usage`: evidence for every dimension."""

from __future__ import annotations

import argparse

from trainer.cli.analyse.measure import add_measure, read_waveforms
from trainer.cli.options import Commands, add_deprecated, comma_separated

# Handlers import torch only when they run, so that the parser is fast and the environment is set first.


def add_measures(measures: Commands) -> None:
    """Add `all` and `usage`."""
    everything = add_measure(
        measures, "all", _all, "all evidence that the page shows, part by part, into report.json", clips=300
    )
    everything.add_argument("--parts", type=comma_separated, help="names separated by commas (default: all)")
    force = everything.add_argument("--force", action="store_true", help="measure finished parts again")
    add_deprecated(everything, "--again", force)

    add_measure(
        measures, "usage", _usage, "KL, activity and sensitivity of every dimension, into report.json", clips=200
    )


def _all(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from trainer.evaluation.context import AnalysisContext
    from trainer.evaluation.run_all import PARTS, run_all

    parts = options.parts or tuple(PARTS)
    if unknown := [name for name in parts if name not in PARTS]:
        raise ValueError(f"--parts: {', '.join(unknown)} is not one of {', '.join(PARTS)}")
    context = AnalysisContext(options.bundle, tuple(options.data), options.split, options.clips, options.name or "")
    try:
        failed = run_all(context, parts, tqdm.write, force=options.force)
    except KeyboardInterrupt:
        tqdm.write("Stopped. Finished parts are kept; the same command continues with the rest.")
        raise
    if len(failed) == len(parts):
        raise ValueError("no part could be measured; see the reasons above")


def _usage(options: argparse.Namespace) -> None:
    from trainer.bundle import Report, load, read_report, save_typicality, write_report
    from trainer.evaluation.dimension_facts import with_usage
    from trainer.evaluation.dimensions.usage_report import report_usage, step_effects

    model = load(options.bundle)
    waveforms = read_waveforms(options)
    result = report_usage(model, waveforms)
    report = result.report
    save_typicality(options.bundle, result.typicality)
    write_report(options.bundle, with_usage(read_report(options.bundle) or Report(), report))
    for part in report.modules:
        active = sum(dimension.active for dimension in part.dimensions)
        kls = [dimension.kl for dimension in part.dimensions if dimension.kl is not None]
        print(
            f"module {part.module}: {active} of {len(part.dimensions)} dimensions active, "
            f"{f'KL {sum(kls):.1f} nats per frame' if kls else 'deterministic'}, "
            f"{part.frames} frames of {len(waveforms)} clips"
        )
    for effect in step_effects(model, waveforms, report):
        kl = "" if effect.kl is None else f" (KL {effect.kl:.2f})"
        print(
            f"module {effect.module} dimension {effect.dim}{kl}: "
            f"a step of {effect.step:+g} changes the decoded log-mel by {effect.change_db} dB"
        )
