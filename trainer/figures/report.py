"""The figures of a report, made once: for the page, for the printed report and for notebooks.

Each is Plotly's JSON, {"data": [...], "layout": {...}}: made without Plotly, shown by whoever has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.bundle import Report
from trainer.figures.layers import layers_figure
from trainer.figures.map import map_figure
from trainer.figures.plotting import Figure, Trace, colour, error, figure, latest, line
from trainer.figures.prior import prior_figure
from trainer.figures.tradeoff import TRADEOFF_KEY, tradeoff_figure
from trainer.metrics.probing.concentration import CONCENTRATION_KEY


@dataclass(frozen=True)
class Maker:
    """How a figure is made of a report, None where that lacks the numbers, and the `command` that measures them."""

    make: Callable[[Report], Figure | None]
    command: str


def figures(report: Report) -> dict[str, Figure]:
    """Every figure that `report` has the numbers for, by name."""
    made = {name: maker.make(report) for name, maker in FIGURES.items()}
    return {name: figure for name, figure in made.items() if figure is not None}


def _usage(report: Report) -> Figure | None:
    """KL of every dimension, largest first, a line for each module."""
    lines: list[Trace] = []
    for part in report.modules:
        kls = sorted(((one.kl, one.dim) for one in part.dimensions if one.kl is not None), reverse=True)
        if kls:
            name = f"module {part.module}"
            lines.append(
                line(len(lines), name, list(range(1, len(kls) + 1)), [kl for kl, _ in kls])
                | {"text": [f"dimension {dim}" for _, dim in kls]}
            )
    title = "How much each dimension is used"
    return figure(title, lines, "dimensions, most used first", "KL, nats a frame", y_type="log") if lines else None


def _factors(report: Report) -> Figure | None:
    """The dimensions that hold most of each factor, a bar each, with its interval."""
    bars: list[Trace] = []
    for part in report.modules:
        labels = [(one.dim, label) for one in part.dimensions for label in one.labels]
        best = {label.factor: (dim, label) for dim, label in sorted(labels, key=lambda pair: pair[1].bits)}
        if best:
            bits = [label.bits for _, label in best.values()]
            bars.append(
                {
                    "type": "bar",
                    "name": f"module {part.module}",
                    "x": list(best),
                    "y": bits,
                    "text": [f"dimension {dim}" for dim, _ in best.values()],
                    "error_y": error([(label.bits, label.low, label.high) for _, label in best.values()]),
                    "marker": {"color": colour(len(bars))},
                }
            )
    title = "The most that one dimension tells of each factor"
    return figure(title, bars, "factor", "bits, on groups held out") if bars else None


def _concentration(report: Report) -> Figure | None:
    """Bits by how many dimensions, of the deepest module."""
    rows = latest(report, CONCENTRATION_KEY)
    deepest = [row for row in rows if row["module"] == max(each["module"] for each in rows)]
    lines = [line(index, row["factor"], row["dims"], row["bits"]) for index, row in enumerate(deepest)]
    title = f"In how few dimensions of module {deepest[0]['module']} a linear probe finds a factor" if deepest else ""
    return figure(title, lines, "dimensions it leans on most", "bits", x_type="log") if lines else None


def _all(part: str) -> str:
    return f"python -m trainer analyse all --parts {part}"


FIGURES: dict[str, Maker] = {
    "usage": Maker(_usage, "python -m trainer analyse usage"),
    "factors": Maker(_factors, _all("factors")),
    "layers": Maker(layers_figure, _all("bounds")),
    "map": Maker(map_figure, _all("map")),
    "concentration": Maker(_concentration, _all("concentration")),
    "prior": Maker(prior_figure, "python -m trainer analyse prior"),
    "tradeoff": Maker(lambda report: tradeoff_figure(latest(report, TRADEOFF_KEY)), "python -m trainer sweep --into"),
}
"""Every figure there may be, by the name it has in reports and addresses. One more is one line more."""
