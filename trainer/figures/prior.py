"""Distance of each layer's latents from N(0, I): quantiles, covariance spectrum, certificates and frame RMS.

One figure contains all kinds of plots for all layers; its menu selects one. The `meta` of each trace names its kind and
layer, so that a page can show several plots and highlight a dimension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any

from trainer.bundle import Report
from trainer.figures.plotting import GREY, Figure, Trace, colour, error_bars, latest_rows, make_figure
from trainer.metrics.prior.normality import CERTIFICATES_KEY, DIMENSIONS_KEY, NORMALITY_KEY

Row = Mapping[str, Any]
QUANTILES, SPECTRUM, CERTIFICATE, DISTANCE = "quantiles", "spectrum", "certificate", "distance"

_AXES = {
    QUANTILES: ("quantiles of N(0, 1)", "quantiles of the dimension"),
    SPECTRUM: ("principal component", "variance"),
    CERTIFICATE: ("dimensions of the block", "KL, nats"),
    DISTANCE: ("latent RMS of a frame (prior: about 1)", "cumulative share of frames"),
}
_DIMENSION_KEYS = ("mean", "variance", "skew", "kurtosis", "ks", "ks_chance", "ad", "ad_chance", "n", "frames")
# Dotted: posterior means, whose spectrum nearly coincides with that of draws
_DASHES = ("solid", "solid", "dot", "dot")
_TITLE = "Distance from the prior N(0, I)"


def prior_figure(report: Report) -> Figure | None:
    """Figure of all that was measured; None if nothing was. Quantiles of the deepest layer are visible."""
    traces = [*_quantiles(report), *_spectra(report), *_certificates(report), *_distances(report)]
    if not traces:
        return None
    choices = list(dict.fromkeys((trace["meta"]["kind"], trace["meta"]["module"]) for trace in traces))
    of_kind = [choice for choice in choices if choice[0] == choices[0][0]]
    first = of_kind[-1]
    for trace in traces:
        trace["visible"] = (trace["meta"]["kind"], trace["meta"]["module"]) == first
    made = make_figure(_TITLE, traces, *_AXES[first[0]])
    rows = latest_rows(report, NORMALITY_KEY)
    made["layout"]["meta"] = {
        "axes": {kind: {"x": x, "y": y} for kind, (x, y) in _AXES.items()},
        "data": rows[0]["data"] if rows else None,
        "joint": [{key: value for key, value in row.items() if key not in ("spectrum", "data")} for row in rows],
    }
    made["layout"]["updatemenus"] = [_menu(traces, choices)]
    return made


def _menu(traces: list[Trace], choices: list[tuple[str, int | None]]) -> dict[str, Any]:
    def button(kind: str, module: int | None) -> dict[str, Any]:
        visible = [(trace["meta"]["kind"], trace["meta"]["module"]) == (kind, module) for trace in traces]
        x, y = _AXES[kind]
        label = kind if module is None else f"layer {module}: {kind}"
        titles = {"xaxis.title.text": x, "yaxis.title.text": y}
        return {"label": label, "method": "update", "args": [{"visible": visible}, titles]}

    return {"buttons": [button(*choice) for choice in choices], "x": 1, "xanchor": "right", "y": 1.15}


def _quantiles(report: Report) -> Iterator[Trace]:
    """Q-Q lines: the diagonal of N(0, 1), then one line per dimension."""
    for row in latest_rows(report, DIMENSIONS_KEY):
        normal = [round(NormalDist().inv_cdf(part), 4) for part in row["probabilities"]]
        meta = {"kind": QUANTILES, "module": row["module"]}
        yield _line("N(0, 1)", [normal[0], normal[-1]], [normal[0], normal[-1]], meta | {"dim": None}, dash="dash")
        for one in row["dimensions"]:
            own = {"dim": one["dim"], "of": row["of"], **{key: one[key] for key in _DIMENSION_KEYS}}
            yield _line(f"dimension {one['dim']}", normal, one["quantiles"], meta | own, index=row["module"] - 1)


def _spectra(report: Report) -> Iterator[Trace]:
    """Spectra of frames and of clip means; `edges` limit the spectrum of as many draws from N(0, I)."""
    for index, row in enumerate(latest_rows(report, NORMALITY_KEY)):
        meta = {"kind": SPECTRUM, "module": row["module"], "of": row["of"], "level": row["level"], "n": row["n"]}
        components = list(range(1, len(row["spectrum"]) + 1))
        name = f"{row['of']}, {row['level']}"
        yield _line(
            name,
            components,
            row["spectrum"],
            meta | {"edges": row["noise_edges"]},
            index=index % 4,
            dash=_DASHES[index % 4],
        )


def _certificates(report: Report) -> Iterator[Trace]:
    """Upper estimate of the KL of each block, with the capacity and the ceiling of the bound."""
    rows = latest_rows(report, CERTIFICATES_KEY)
    for module in dict.fromkeys(row["module"] for row in rows):
        own = [row for row in rows if row["module"] == module]
        names = [", ".join(map(str, row["dims"])) for row in own]
        meta = {"kind": CERTIFICATE, "module": module}
        blocks = [{key: value for key, value in row.items() if key not in ("data", "module")} for row in own]
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": "upper estimate",
            "x": names,
            "y": [row["kl"] for row in own],
            "error_y": error_bars([(row["kl"], row["low"], row["high"]) for row in own])
            | {"thickness": 1.2, "width": 3},
            "marker": {"color": colour(0), "symbol": ["x" if row["binds"] else "circle" for row in own], "size": 7},
            "meta": meta | {"blocks": blocks},
        }
        for name, key, dash in (
            ("noise capacity", "capacity", "dot"),
            ("ceiling of the bound, ln n", "ceiling", "longdash"),
        ):
            yield _line(name, names, [row[key] for row in own], meta | {"level": key}, dash=dash)


def _distances(report: Report) -> Iterator[Trace]:
    """Distribution of the RMS of frames, one line per layer."""
    for part in report.modules:
        if part.prior is not None:
            quantiles = list(part.prior.frame_rms_quantiles)
            shares = [index / (len(quantiles) - 1) for index in range(len(quantiles))]
            meta = {"kind": DISTANCE, "module": None, "of": part.module}
            yield _line(f"layer {part.module}", quantiles, shares, meta, index=part.module - 1)


def _line(
    name: str, x: list[Any], y: list[float], meta: dict[str, Any], *, index: int | None = None, dash: str = "solid"
) -> Trace:
    line_colour = GREY if index is None else colour(index)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": line_colour, "dash": dash, "width": 1.5},
        "meta": meta,
    }
