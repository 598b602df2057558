"""Facts found out about dimensions, put into a report that may know others of them already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.bundle import DimensionReport, ModuleReport, Report

Facts = Mapping[int, Mapping[str, Any]]
"""By dimension: fields of DimensionReport and their values."""
_FOUND_LATER = ("labels", "effects", "evidence")


def with_facts(report: Report, module: int, facts: Facts) -> Report:
    """`report` with `facts` of dimensions of `module` in place of earlier ones. Raises ValueError where the report does
    not have the module yet.
    """
    if module not in {part.module for part in report.modules}:
        raise ValueError(f"the report says nothing yet of module {module}; run `python -m trainer analyse usage` first")
    modules = tuple(_with(part, facts) if part.module == module else part for part in report.modules)
    return report.model_copy(update={"modules": modules})


def _with(part: ModuleReport, facts: Facts) -> ModuleReport:
    dimensions = tuple(one.model_copy(update=dict(facts.get(one.dim, {}))) for one in part.dimensions)
    return part.model_copy(update={"dimensions": dimensions})


def with_usage(report: Report, usage: Report) -> Report:
    """`report` with the modules of `usage`, whose dimensions keep what was found out about them later."""
    before = {(part.module, one.dim): one for part in report.modules for one in part.dimensions}

    def kept(module: int, one: DimensionReport) -> DimensionReport:
        earlier = before.get((module, one.dim), one)
        return one.model_copy(update={name: getattr(earlier, name) for name in _FOUND_LATER})

    modules = tuple(
        part.model_copy(update={"dimensions": tuple(kept(part.module, one) for one in part.dimensions)})
        for part in usage.modules
    )
    return report.model_copy(update={"modules": modules})
