"""The figures of a report, made once: for the page, for the printed report and for notebooks.

Each is Plotly's JSON, {"data": [...], "layout": {...}}: made without Plotly, shown by whoever has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trainer.analysis.bounds import BOUNDS_KEY
from trainer.analysis.concentration import CONCENTRATION_KEY
from trainer.analysis.normality import CERTIFICATES_KEY, DIMENSIONS_KEY, NORMALITY_KEY
from trainer.analysis.normality_figures import certificate_figure, quantile_figure, spectrum_figure
from trainer.analysis.plots import COLOURS, Figure, error, figure, line
from trainer.analysis.pooling import LOG_MEL, UNTRAINED
from trainer.analysis.tradeoff import TRADEOFF_KEY, tradeoff_figure
from trainer.bundle import ModuleReport, Report

Rows = Sequence[Mapping[str, Any]]
_LINEAR = "linear"


def figures(report: Report) -> dict[str, Figure]:
    """Every figure that `report` has the numbers for, by name."""
    made = {name: make(report) for name, make in _MAKERS.items()}
    return {name: one for name, one in made.items() if one is not None}


def _usage(report: Report) -> Figure | None:
    """KL of every dimension, largest first, a line for each module."""
    lines: list[Figure] = []
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


def _prior(report: Report) -> Figure | None:
    """How far frames lie from the middle of the prior."""
    parts = [part for part in report.modules if part.prior is not None]
    lines = [line(index, f"module {part.module}", *_distances(part)) for index, part in enumerate(parts)]
    title = "How far frames lie from zero; latents drawn from N(0, I) lie near 1"
    return figure(title, lines, "root mean square of a frame", "share of frames within") if lines else None


def _distances(part: ModuleReport) -> tuple[list[float], list[float]]:
    quantiles = list(part.prior.frame_rms_quantiles) if part.prior is not None else []
    return quantiles, [index / (len(quantiles) - 1) for index in range(len(quantiles))]


def _factors(report: Report) -> Figure | None:
    """The dimensions that hold most of each factor, a bar each, with its interval."""
    bars: list[Figure] = []
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
                    "marker": {"color": COLOURS[len(bars) % len(COLOURS)]},
                }
            )
    title = "The most that one dimension tells of each factor"
    return figure(title, bars, "factor", "bits, on groups held out") if bars else None


def _concentration(report: Report) -> Figure | None:
    """Bits by how many dimensions, of the deepest module."""
    rows = _latest(report, CONCENTRATION_KEY)
    deepest = [row for row in rows if row["module"] == max(each["module"] for each in rows)]
    lines = [line(index, row["factor"], row["dims"], row["bits"]) for index, row in enumerate(deepest)]
    title = f"In how few dimensions of module {deepest[0]['module']} a linear probe finds a factor" if deepest else ""
    return figure(title, lines, "dimensions it leans on most", "bits", x_type="log") if lines else None


def _layers(report: Report) -> Figure | None:
    """Bits that a linear probe proves of each label, from the waveform upwards, with what untrained weights give."""
    rows = [row for row in _latest(report, BOUNDS_KEY) if row["family"] == _LINEAR]
    own = [row for row in rows if row["representation"] == LOG_MEL or row["representation"].startswith("module")]
    fresh = [row for row in rows if row["representation"].startswith(UNTRAINED)]
    lines = []
    for index, label in enumerate(dict.fromkeys(row["label"] for row in rows)):
        for some, suffix, dash in ((own, "", "solid"), (fresh, f", {UNTRAINED}", "dot")):
            found = [row for row in some if row["label"] == label]
            at = [row["representation"].removeprefix(f"{UNTRAINED} ") for row in found]
            drawn = line(index, label + suffix, at, [row["bits"] for row in found])
            drawn["line"]["dash"] = dash
            lines.append(drawn | {"error_y": error([(row["bits"], row["low"], row["high"]) for row in found])})
    title = "What a linear probe proves of each label, at every depth"
    return figure(title, lines, "", "bits, at least") if lines else None


_MAKERS: dict[str, Callable[[Report], Figure | None]] = {
    "usage": _usage,
    "factors": _factors,
    "layers": _layers,
    "concentration": _concentration,
    "prior": _prior,
    "quantiles": lambda report: quantile_figure(_latest(report, DIMENSIONS_KEY)),
    "spectrum": lambda report: spectrum_figure(_latest(report, NORMALITY_KEY)),
    "certificate": lambda report: certificate_figure(_latest(report, CERTIFICATES_KEY)),
    "tradeoff": lambda report: tradeoff_figure(_latest(report, TRADEOFF_KEY)),
}


def _latest(report: Report, key: str) -> Rows:
    """The rows under `key` of the recordings that were measured last."""
    rows: Rows = (report.model_extra or {}).get(key, [])
    return [row for row in rows if row["data"] == rows[-1]["data"]]
