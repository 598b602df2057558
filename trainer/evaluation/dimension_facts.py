"""Updates of single fields of dimensions in a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.bundle import DimensionReport, ModuleReport, Report

Facts = Mapping[int, Mapping[str, Any]]
"""By dimension: new values of fields of DimensionReport."""
_FIELDS_OF_OTHER_PARTS = ("labels", "effects", "evidence")


def with_facts(report: Report, module: int, facts: Facts) -> Report:
    """`report` with `facts` in the dimensions of `module`, in place of earlier values.

    Raises ValueError if the report does not have the module.
    """
    if module not in {part.module for part in report.modules}:
        raise ValueError(f"the report has no usage of layer {module} yet; run `python -m trainer analyse usage` first")
    modules = tuple(_update_module(part, facts) if part.module == module else part for part in report.modules)
    return report.model_copy(update={"modules": modules})


def _update_module(part: ModuleReport, facts: Facts) -> ModuleReport:
    dimensions = tuple(one.model_copy(update=dict(facts.get(one.dim, {}))) for one in part.dimensions)
    return part.model_copy(update={"dimensions": dimensions})


def with_usage(report: Report, usage: Report) -> Report:
    """`report` with the modules of `usage`; dimensions keep their labels, effects and evidence."""
    earlier = {(part.module, one.dim): one for part in report.modules for one in part.dimensions}

    def merged(module: int, one: DimensionReport) -> DimensionReport:
        old = earlier.get((module, one.dim), one)
        return one.model_copy(update={name: getattr(old, name) for name in _FIELDS_OF_OTHER_PARTS})

    modules = tuple(
        part.model_copy(update={"dimensions": tuple(merged(part.module, one) for one in part.dimensions)})
        for part in usage.modules
    )
    return report.model_copy(update={"modules": modules})
