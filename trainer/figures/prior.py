"""How near a module's latents are to N(0, I): quantiles of each dimension, the spectrum of all together, what is
certified of them, and how far frames lie from zero.

One figure holds all of it for every module; its menu shows one at a time. Each trace says in `meta` what it is of, so
that a page may show several side by side and point at one dimension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any

from trainer.bundle import Report
from trainer.figures.plotting import GREY, Figure, Trace, colour, error, figure, latest
from trainer.metrics.prior.normality import CERTIFICATES_KEY, DIMENSIONS_KEY, NORMALITY_KEY

Row = Mapping[str, Any]
QUANTILES, SPECTRUM, CERTIFICATE, DISTANCE = "quantiles", "spectrum", "certificate", "distance"

_AXES = {
    QUANTILES: ("quantiles of N(0, 1)", "quantiles of the dimension"),
    SPECTRUM: ("direction, widest first", "variance"),
    CERTIFICATE: ("dimensions of a block", "KL, nats"),
    DISTANCE: ("root mean square of a frame; near 1 for N(0, I)", "share of frames within"),
}
_EACH = ("mean", "variance", "skew", "kurtosis", "ks", "ks_chance", "ad", "ad_chance", "n", "frames")
_DASHES = ("solid", "solid", "dot", "dot")  # what posterior means have stands upon what draws have, or nearly
_TITLE = "How near to N(0, I)"


def prior_figure(report: Report) -> Figure | None:
    """None where nothing of it was measured."""
    traces = [*_quantiles(report), *_spectra(report), *_certificates(report), *_distances(report)]
    if not traces:
        return None
    choices = list(dict.fromkeys((trace["meta"]["kind"], trace["meta"]["module"]) for trace in traces))
    of_kind = [choice for choice in choices if choice[0] == choices[0][0]]
    first = of_kind[-1]
    for trace in traces:
        trace["visible"] = (trace["meta"]["kind"], trace["meta"]["module"]) == first
    made = figure(_TITLE, traces, *_AXES[first[0]])
    rows = latest(report, NORMALITY_KEY)
    made["layout"]["meta"] = {
        "axes": {kind: {"x": x, "y": y} for kind, (x, y) in _AXES.items()},
        "data": rows[0]["data"] if rows else None,
        "joint": [{key: value for key, value in row.items() if key not in ("spectrum", "data")} for row in rows],
    }
    made["layout"]["updatemenus"] = [_menu(traces, choices)]
    return made


def _menu(traces: list[Trace], choices: list[tuple[str, int | None]]) -> dict[str, Any]:
    def button(kind: str, module: int | None) -> dict[str, Any]:
        shown = [(trace["meta"]["kind"], trace["meta"]["module"]) == (kind, module) for trace in traces]
        x, y = _AXES[kind]
        said = kind if module is None else f"module {module}: {kind}"
        titles = {"xaxis.title.text": x, "yaxis.title.text": y}
        return {"label": said, "method": "update", "args": [{"visible": shown}, titles]}

    return {"buttons": [button(*choice) for choice in choices], "x": 1, "xanchor": "right", "y": 1.15}


def _quantiles(report: Report) -> Iterator[Trace]:
    """A line for each dimension, after the one that all would lie on."""
    for row in latest(report, DIMENSIONS_KEY):
        at = [round(NormalDist().inv_cdf(part), 4) for part in row["probabilities"]]
        about = {"kind": QUANTILES, "module": row["module"]}
        yield _line("N(0, 1)", [at[0], at[-1]], [at[0], at[-1]], about | {"dim": None}, dash="dash")
        for one in row["dimensions"]:
            known = {"dim": one["dim"], "of": row["of"], **{key: one[key] for key in _EACH}}
            yield _line(f"dimension {one['dim']}", at, one["quantiles"], about | known, index=row["module"] - 1)


def _spectra(report: Report) -> Iterator[Trace]:
    """Of frames, and of the means over clips; between the edges lies the spectrum of as many draws from N(0, I)."""
    for index, row in enumerate(latest(report, NORMALITY_KEY)):
        about = {"kind": SPECTRUM, "module": row["module"], "of": row["of"], "level": row["level"], "n": row["n"]}
        places = list(range(1, len(row["spectrum"]) + 1))
        name = f"{row['of']}, {row['level']}"
        yield _line(
            name,
            places,
            row["spectrum"],
            about | {"edges": row["noise_edges"]},
            index=index % 4,
            dash=_DASHES[index % 4],
        )


def _certificates(report: Report) -> Iterator[Trace]:
    """A point for each block, and above them what could be proved at most."""
    rows = latest(report, CERTIFICATES_KEY)
    for module in dict.fromkeys(row["module"] for row in rows):
        own = [row for row in rows if row["module"] == module]
        names = [", ".join(map(str, row["dims"])) for row in own]
        about = {"kind": CERTIFICATE, "module": module}
        blocks = [{key: value for key, value in row.items() if key not in ("data", "module")} for row in own]
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": "estimated from above",
            "x": names,
            "y": [row["kl"] for row in own],
            "error_y": error([(row["kl"], row["low"], row["high"]) for row in own]) | {"thickness": 1.2, "width": 3},
            "marker": {"color": colour(0), "symbol": ["x" if row["binds"] else "circle" for row in own], "size": 7},
            "meta": about | {"blocks": blocks},
        }
        for name, key, dash in (("capacity of the noise", "capacity", "dot"), ("ceiling, ln n", "ceiling", "longdash")):
            yield _line(name, names, [row[key] for row in own], about | {"level": key}, dash=dash)


def _distances(report: Report) -> Iterator[Trace]:
    """How far frames lie from the middle of the prior, a line for each module."""
    for part in report.modules:
        if part.prior is not None:
            quantiles = list(part.prior.frame_rms_quantiles)
            shares = [index / (len(quantiles) - 1) for index in range(len(quantiles))]
            about = {"kind": DISTANCE, "module": None, "of": part.module}
            yield _line(f"module {part.module}", quantiles, shares, about, index=part.module - 1)


def _line(
    name: str, x: list[Any], y: list[float], meta: dict[str, Any], *, index: int | None = None, dash: str = "solid"
) -> Trace:
    tone = GREY if index is None else colour(index)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": tone, "dash": dash, "width": 1.5},
        "meta": meta,
    }
