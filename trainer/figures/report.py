"""All figures of a report, for the page, the HTML report and notebooks.

Each is Plotly JSON, {"data": [...], "layout": {...}}, made without Plotly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.bundle import Report
from trainer.figures.layers import layers_figure
from trainer.figures.map import map_figure
from trainer.figures.plotting import Figure, Trace, colour, error_bars, latest_rows, line_trace, make_figure
from trainer.figures.prior import prior_figure
from trainer.figures.tradeoff import TRADEOFF_KEY, tradeoff_figure
from trainer.metrics.probing.concentration import CONCENTRATION_KEY


@dataclass(frozen=True)
class FigureSpec:
    """Makes a figure of a report, or None without its numbers; `command` measures them."""

    make: Callable[[Report], Figure | None]
    command: str


def figures(report: Report) -> dict[str, Figure]:
    """Every figure for which `report` has the numbers, by name."""
    made = {name: spec.make(report) for name, spec in FIGURES.items()}
    return {name: figure for name, figure in made.items() if figure is not None}


def _usage(report: Report) -> Figure | None:
    """KL of every dimension in decreasing order, one line per layer."""
    lines: list[Trace] = []
    for part in report.modules:
        kls = sorted(((one.kl, one.dim) for one in part.dimensions if one.kl is not None), reverse=True)
        if kls:
            name = f"layer {part.module}"
            lines.append(
                line_trace(len(lines), name, list(range(1, len(kls) + 1)), [kl for kl, _ in kls])
                | {"text": [f"dimension {dim}" for _, dim in kls]}
            )
    if not lines:
        return None
    return make_figure("Usage of dimensions", lines, "rank of the dimension", "KL, nats per frame", y_type="log")


def _factors(report: Report) -> Figure | None:
    """Bits of the most informative dimension about each factor, one bar per layer, with intervals."""
    bars: list[Trace] = []
    for part in report.modules:
        labels = [(one.dim, label) for one in part.dimensions for label in one.labels]
        best = {label.factor: (dim, label) for dim, label in sorted(labels, key=lambda pair: pair[1].bits)}
        if best:
            bits = [label.bits for _, label in best.values()]
            bars.append(
                {
                    "type": "bar",
                    "name": f"layer {part.module}",
                    "x": list(best),
                    "y": bits,
                    "text": [f"dimension {dim}" for dim, _ in best.values()],
                    "error_y": error_bars([(label.bits, label.low, label.high) for _, label in best.values()]),
                    "marker": {"color": colour(len(bars))},
                }
            )
    title = "Information of the most informative dimension about each factor"
    return make_figure(title, bars, "factor", "bits (held-out groups)") if bars else None


def _concentration(report: Report) -> Figure | None:
    """Bits of a linear probe by number of dimensions, at the deepest layer."""
    rows = latest_rows(report, CONCENTRATION_KEY)
    if not rows:
        return None
    module = max(row["module"] for row in rows)
    deepest = [row for row in rows if row["module"] == module]
    lines = [line_trace(index, row["factor"], row["dims"], row["bits"]) for index, row in enumerate(deepest)]
    title = f"Information in the most important dimensions of layer {module}"
    return make_figure(title, lines, "number of dimensions", "bits of a linear probe", x_type="log")


def _all(part: str) -> str:
    return f"python -m trainer analyse all --parts {part}"


FIGURES: dict[str, FigureSpec] = {
    "usage": FigureSpec(_usage, "python -m trainer analyse usage"),
    "factors": FigureSpec(_factors, _all("factors")),
    "layers": FigureSpec(layers_figure, _all("bounds")),
    "map": FigureSpec(map_figure, _all("map")),
    "concentration": FigureSpec(_concentration, _all("concentration")),
    "prior": FigureSpec(prior_figure, "python -m trainer analyse prior"),
    "tradeoff": FigureSpec(
        lambda report: tradeoff_figure(latest_rows(report, TRADEOFF_KEY)), "python -m trainer sweep --report-into"
    ),
}
"""All figures by the name they have in reports and addresses. A new figure is a new entry."""
