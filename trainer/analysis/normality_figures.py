"""How normal latents are, as figures: quantiles against those of N(0, 1), spectra, and what is certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy import special

from trainer.analysis.plots import Figure, error, figure, line

Rows = Sequence[Mapping[str, Any]]


def quantile_figure(rows: Rows) -> Figure | None:
    """Q-Q: a thin line for each dimension of the deepest module, beside the one that N(0, 1) would be. From the rows of
    a report's dimensions; None without any.
    """
    if not rows:
        return None
    deepest = max(rows, key=lambda row: int(row["module"]))
    normal = special.ndtri(deepest["probabilities"]).round(4).tolist()
    data = [
        line(0, f"dimension {one['dim']}", normal, one["quantiles"])
        | {"mode": "lines", "opacity": 0.4, "showlegend": False}
        for one in deepest["dimensions"]
    ]
    itself = line(1, "N(0, 1)", normal, normal) | {"mode": "lines"}
    title = f"Quantiles of each dimension of module {deepest['module']}, {deepest['of']}"
    return figure(title, [*data, itself], "quantile of N(0, 1)", "quantile of the dimension")


def spectrum_figure(rows: Rows) -> Figure | None:
    """Eigenvalues of the covariance of frames, a line for each module; all 1 for N(0, I)."""
    shown = [row for row in rows if row["level"] == "frames"]
    shown = [row for row in shown if row["of"] == shown[0]["of"]]
    lines = [
        line(index, f"module {row['module']}", list(range(1, len(row["spectrum"]) + 1)), row["spectrum"])
        for index, row in enumerate(shown)
    ]
    title = "Spectrum of the covariance of frames; N(0, I) has 1 throughout"
    return figure(title, lines, "direction, widest first", "variance", y_type="log") if lines else None


def certificate_figure(rows: Rows) -> Figure | None:
    """KL of each block of noisy dimensions from the prior: at most the upper end of its bar, with 97.5 % confidence."""
    lines = []
    for index, module in enumerate(dict.fromkeys(row["module"] for row in rows)):
        own = [row for row in rows if row["module"] == module]
        names = ["dimensions " + ", ".join(map(str, row["dims"])) for row in own]
        one = line(index, f"module {module}", list(range(1, len(own) + 1)), [row["kl"] for row in own])
        bars = error([(row["kl"], row["low"], row["high"]) for row in own])
        lines.append(one | {"mode": "markers", "text": names, "error_y": bars})
    title = "KL of noisy, standardised latents from the prior is at most"
    return figure(title, lines, "block of dimensions", "nats") if lines else None
