"""Everything that can be found out about what dimensions mean, part after part, each kept in the report as soon as it
is done: so a run that was stopped goes on with what is missing, and a part that cannot be measured spoils no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tqdm import tqdm

from trainer import bundle
from trainer.bundle import Report
from trainer.corpus import read_recording
from trainer.evaluation.dimension_facts import with_usage
from trainer.evaluation.dimensions.factors import add_factors
from trainer.evaluation.dimensions.intervention_effects import add_effects
from trainer.evaluation.dimensions.map import add_map
from trainer.evaluation.dimensions.structure import add_concentration, add_entanglement
from trainer.evaluation.dimensions.top_activations import add_evidence
from trainer.evaluation.dimensions.usage import report_usage
from trainer.evaluation.frame_samples import Moments, gather
from trainer.evaluation.prior.normality import add_normality
from trainer.evaluation.probing.bounds import add_bounds
from trainer.evaluation.probing.probes import ProbeOptions
from trainer.evaluation.selection import Chosen, Side, choose, shortest_seconds
from trainer.model import Model

DONE_KEY = "analysed"
"""In a report: which parts are done, of which model and recordings."""
_USAGE_CLIPS = 200


@dataclass(frozen=True)
class Survey:
    """A bundle, and the recordings that it is measured on, which are read once something is wanted of them."""

    path: Path
    folders: tuple[Path, ...]
    side: Side = "validation"
    clips: int = 300
    name: str = ""

    @cached_property
    def model(self) -> Model:
        return bundle.load(self.path)

    @cached_property
    def chosen(self) -> list[Chosen]:
        header = bundle.read_config(self.path)
        least = shortest_seconds(header.config)
        return choose(self.folders, header, self.side, self.clips, least_seconds=least)

    @cached_property
    def moments(self) -> Moments:
        return gather(self.model, self.chosen)

    @property
    def data(self) -> str:
        """What the recordings are called in the report."""
        return f"{self.name or ' + '.join(folder.resolve().name for folder in self.folders)}, {self.side}"

    @cached_property
    def mark(self) -> dict[str, Any]:
        """What a part must have been measured on to be the same part."""
        return {"digest": bundle.digest(self.path), "data": self.data, "clips": self.clips}


Part = Callable[[Survey, Report], tuple[Report, list[str]]]


def _usage(survey: Survey, report: Report) -> tuple[Report, list[str]]:
    rate = survey.model.config.sample_rate
    waves = [read_recording(one.recording, rate) for one in survey.chosen[:: -(-len(survey.chosen) // _USAGE_CLIPS)]]
    found = report_usage(survey.model, waves)
    active = ", ".join(f"{sum(one.active for one in part.dimensions)}" for part in found.modules)
    return with_usage(report, found), [f"active dimensions of modules 1 to {len(found.modules)}: {active}"]


def _bounds(survey: Survey, report: Report) -> tuple[Report, list[str]]:
    options = ProbeOptions(side=survey.side, clips=survey.clips)
    return add_bounds(report, survey.data, survey.path, survey.folders, options)


PARTS: dict[str, Part] = {
    "usage": _usage,
    "factors": lambda survey, report: add_factors(report, survey.data, survey.moments),
    "effects": lambda survey, report: add_effects(report, survey.model, survey.moments),
    "evidence": lambda survey, report: add_evidence(report, survey.path, survey.model, survey.moments),
    "map": lambda survey, report: add_map(report, survey.path, survey.model, survey.moments),
    "concentration": lambda survey, report: add_concentration(report, survey.data, survey.moments),
    "entanglement": lambda survey, report: add_entanglement(report, survey.data, survey.moments),
    "bounds": _bounds,
    "prior": lambda survey, report: add_normality(report, survey.data, survey.model, survey.chosen),
}


def analyse_all(
    survey: Survey, parts: Sequence[str], say: Callable[[str], None], *, again: bool = False
) -> dict[str, str]:
    """Measure `parts` (names of PARTS, in their order) that the report does not have yet of this model and these
    recordings, or all of them `again`. Each is written as soon as it is done; `say` is told line by line. Returns the
    parts that could not be measured, each with the reason. Raises ValueError where the recordings cannot be used.
    """
    failed: dict[str, str] = {}
    report = _own_report(survey, say)
    say(f"{len(survey.chosen)} recordings: {survey.data}")
    for name in tqdm(list(_missing(survey, report, parts, again, say)), desc="analyse", unit="part", leave=False):
        began = time.monotonic()
        try:
            report, lines = PARTS[name](survey, report)
        except ValueError as reason:
            failed[name] = str(reason)
            say(f"{name}: left out: {reason}")
            continue
        seconds = round(time.monotonic() - began, 1)
        report = _marked(report, name, {**survey.mark, "seconds": seconds})
        bundle.write_report(survey.path, report)
        say("\n".join([f"{name} ({seconds:g} s)", *(f"  {line}".rstrip() for line in lines), ""]))
    return failed


def _own_report(survey: Survey, say: Callable[[str], None]) -> Report:
    """The report there is; without what another model's weights were said to do."""
    report = bundle.read_report(survey.path) or Report()
    done = (report.model_extra or {}).get(DONE_KEY, {})
    if any(mark["digest"] != survey.mark["digest"] for mark in done.values()):
        say("report.json is of other weights than this bundle's; what it said is measured anew.")
        return Report()
    sizes = [len(part.dimensions) for part in report.modules]
    if sizes and sizes != [survey.model.dims(module + 1) for module in range(survey.model.modules_count)]:
        say("report.json is of a model of other modules or dimensions; what it said is measured anew.")
        return Report()
    return report


def _missing(
    survey: Survey, report: Report, parts: Sequence[str], again: bool, say: Callable[[str], None]
) -> Iterator[str]:
    done = (report.model_extra or {}).get(DONE_KEY, {})
    for name in (name for name in PARTS if name in parts):
        mark = {key: value for key, value in done.get(name, {}).items() if key != "seconds"}
        if mark == survey.mark and not again:
            say(f"{name}: done before; --again measures it anew")
        else:
            yield name


def _marked(report: Report, name: str, mark: dict[str, Any]) -> Report:
    done = (report.model_extra or {}).get(DONE_KEY, {})
    return report.model_copy(update={DONE_KEY: {**done, name: mark}})
