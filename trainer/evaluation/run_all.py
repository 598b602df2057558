"""`analyse all`: runs every part of the analysis and saves each in report.json as soon as it is finished.

A stopped run continues with the missing parts. A part that cannot be measured does not affect the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tqdm import tqdm

from trainer import bundle
from trainer.bundle import Report
from trainer.corpus import read_recording
from trainer.evaluation.context import AnalysisContext
from trainer.evaluation.dimension_facts import with_usage
from trainer.evaluation.dimensions.factors import add_factors
from trainer.evaluation.dimensions.intervention_effects import add_intervention_effects
from trainer.evaluation.dimensions.map import add_map
from trainer.evaluation.dimensions.structure import add_concentration, add_entanglement
from trainer.evaluation.dimensions.top_activation_clips import add_top_activations
from trainer.evaluation.dimensions.usage_report import report_usage
from trainer.evaluation.prior.normality_report import add_normality
from trainer.evaluation.probing.bounds import add_bounds
from trainer.evaluation.probing.probes import ProbeOptions

DONE_KEY = "analysed"
"""Key in the report: the fingerprint and duration of every finished part."""
_USAGE_CLIPS = 200

Part = Callable[[AnalysisContext, Report], tuple[Report, list[str]]]
"""Adds results to the report. Returns the new report and lines to print; raises ValueError if it cannot be measured."""


def _usage(context: AnalysisContext, report: Report) -> tuple[Report, list[str]]:
    rate = context.model.config.sample_rate
    waves = [read_recording(clip.recording, rate) for clip in context.clips[:: -(-len(context.clips) // _USAGE_CLIPS)]]
    result = report_usage(context.model, waves)
    bundle.save_typicality(context.path, result.typicality)
    usage = result.report
    active = ", ".join(f"{sum(one.active for one in part.dimensions)}" for part in usage.modules)
    return with_usage(report, usage), [f"active dimensions of layers 1 to {len(usage.modules)}: {active}"]


def _bounds(context: AnalysisContext, report: Report) -> tuple[Report, list[str]]:
    options = ProbeOptions(split=context.split, clips=context.max_clips)
    return add_bounds(report, context.data, context.path, context.folders, options)


PARTS: dict[str, Part] = {
    "usage": _usage,
    "factors": lambda context, report: add_factors(report, context.data, context.samples),
    "effects": lambda context, report: add_intervention_effects(report, context.model, context.samples),
    "evidence": lambda context, report: add_top_activations(report, context.path, context.model, context.samples),
    "map": lambda context, report: add_map(report, context.path, context.model, context.samples),
    "concentration": lambda context, report: add_concentration(report, context.data, context.samples),
    "entanglement": lambda context, report: add_entanglement(report, context.data, context.samples),
    "bounds": _bounds,
    "prior": lambda context, report: add_normality(report, context.data, context.model, context.clips),
}
"""The parts of `analyse all`, in the order they run; the keys are the names of `--parts`.

To add a metric:
1. one new file, `trainer/metrics/<area>/<metric>.py`: a pure function on arrays, with its oracle test in
   `tests/trainer/metrics/`;
2. one line here, which calls it on `context.samples` (latents and labels of time points), `context.clips` or
   `context.model`, and stores the rows with `report_rows.replace_rows(report, KEY, context.data, rows)`.
A metric that needs more than one line gets an `add_<metric>(report, ...)` function in `trainer/evaluation/`.
"""


def run_all(
    context: AnalysisContext, parts: Sequence[str], log: Callable[[str], None], *, force: bool = False
) -> dict[str, str]:
    """Run `parts` (names of PARTS, in the order of PARTS), except those that are up to date in the report.

    `force` runs these too. Returns the reason for every part that could not be measured.
    Raises ValueError if the recordings cannot be used.
    """
    failed: dict[str, str] = {}
    report = _current_report(context, log)
    log(f"{len(context.clips)} recordings: {context.data}")
    for name in tqdm(list(_pending(context, report, parts, force, log)), desc="analyse", unit="part", leave=False):
        began = time.monotonic()
        try:
            report, lines = PARTS[name](context, report)
        except ValueError as reason:
            failed[name] = str(reason)
            log(f"{name}: skipped: {reason}")
            continue
        seconds = round(time.monotonic() - began, 1)
        report = _mark_done(report, name, {**context.fingerprint, "seconds": seconds})
        bundle.write_report(context.path, report)
        log("\n".join([f"{name} ({seconds:g} s)", *(f"  {line}".rstrip() for line in lines), ""]))
    return failed


def _current_report(context: AnalysisContext, log: Callable[[str], None]) -> Report:
    """The bundle's report; an empty one if it is missing or belongs to other weights."""
    report = bundle.read_report(context.path) or Report()
    done = (report.model_extra or {}).get(DONE_KEY, {})
    if any(mark["digest"] != context.fingerprint["digest"] for mark in done.values()):
        log("report.json belongs to other weights than this bundle's; every part is measured again.")
        return Report()
    sizes = [len(part.dimensions) for part in report.modules]
    if sizes and sizes != [context.model.dims(module + 1) for module in range(context.model.modules_count)]:
        log("report.json belongs to a model with other layers or dimensions; every part is measured again.")
        return Report()
    return report


def _pending(
    context: AnalysisContext, report: Report, parts: Sequence[str], force: bool, log: Callable[[str], None]
) -> Iterator[str]:
    done = (report.model_extra or {}).get(DONE_KEY, {})
    for name in (name for name in PARTS if name in parts):
        mark = {key: value for key, value in done.get(name, {}).items() if key != "seconds"}
        if mark == context.fingerprint and not force:
            log(f"{name}: up to date; --force measures it again")
        else:
            yield name


def _mark_done(report: Report, name: str, mark: dict[str, Any]) -> Report:
    done = (report.model_extra or {}).get(DONE_KEY, {})
    return report.model_copy(update={DONE_KEY: {**done, name: mark}})
