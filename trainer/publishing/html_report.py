"""A bundle's report as one HTML file that works offline: figures, tables, methods and references."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

from plotly.offline import get_plotlyjs

from trainer import bundle
from trainer.bundle import BundleConfig, ModuleReport, Report
from trainer.evaluation.text_table import format_interval
from trainer.figures.plotting import Figure
from trainer.figures.report import figures
from trainer.runtime.atomic_write import atomic_write

HTML_REPORT = "report.html"
_TOP_DIMENSIONS, _TOP_FACTORS = 12, 4  # rows of a layer's table, and factors per row
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem }
th, td { text-align: left; padding: 0.25rem 0.75rem; border-bottom: 1px solid #ccc }
figure { margin: 2rem 0; height: 26rem }
"""
_METHODS = (
    "Bits of a dimension about a factor: the dimension is cut into bins of equal frequency (a quantity into at most 16 "
    "levels). The class frequencies in each bin are estimated on all groups except the held-out ones, and evaluated on "
    "these (predictive information, Xu et al. 2020, arXiv 2002.10689). Groups are speakers if there are at least "
    "eight, else recordings. A factor is listed if it passes the Benjamini-Hochberg (1995) correction over all "
    "dimensions and factors of its layer at 5 % (t test over groups), and exceeds the maximum of all dimensions for "
    "shuffled classes. Intervals: 95 %, groups resampled.",
    "Bits of a layer about a label: the label's entropy minus the cross-entropy of a probe on held-out groups, a lower "
    "bound (Choi, Jung and Watanabe 2024, arXiv 2312.10019), on means over time. Baselines: log-mel "
    "spectrograms, the same network with random weights, and shuffled labels.",
    "Distance from N(0, I): on draws from the posteriors, per frame; intervals use the effective number of frames, "
    "from their autocorrelation. A certificate bounds the KL of two dimensions, standardised on other recordings and "
    "with added noise of variance 0.1, by the capacity of the noise minus the transmitted information (Butakov et al. "
    "2024, arXiv 2410.06993), with 97.5 % confidence over recordings.",
    "The encoder is trained as in Smooth InfoMax (Denoodt, de Boer and Oramas 2025, arXiv 2408.12936); config.json "
    "lists all differences.",
)


def write_html_report(path: Path, out: Path | None = None) -> Path:
    """Write the report of the bundle at `path` as HTML to `out` (default: report.html in the bundle), and return where.

    Raises ValueError if the bundle has no report.
    """
    report = bundle.read_report(path)
    if report is None:
        raise ValueError("the bundle has no report.json yet; run `python -m trainer analyse all` first")
    target = out or path / HTML_REPORT
    with atomic_write(target) as stream:
        stream.write("\n".join(_page(bundle.read_config(path), report)).encode())
    return target


def _page(header: BundleConfig, report: Report) -> Iterator[str]:
    title = f"Analysis of {header.config.preset}"
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
    yield f"<style>{_STYLE}</style><script>{get_plotlyjs()}</script></head><body><h1>{html.escape(title)}</h1>"
    yield from (_figure(name, figure) for name, figure in figures(report).items())
    for part in report.modules:
        yield from _layer(part)
    yield "<h2>Methods</h2>"
    yield from (f"<p>{html.escape(text)}</p>" for text in _METHODS)
    yield "</body></html>"


def _figure(name: str, figure: Figure) -> str:
    # Escaped so that no name in a corpus can end the script
    text = json.dumps(figure).replace("<", "\\u003c")
    options = '{"responsive": true, "displaylogo": false}'
    return (
        f'<figure id="{name}"></figure><script>{{ const f = {text}; '
        f'Plotly.newPlot("{name}", f.data, f.layout, {options}); }}</script>'
    )


def _layer(part: ModuleReport) -> Iterator[str]:
    """The most informative dimensions of a layer."""
    labelled = (one for one in part.dimensions if one.labels)
    best = sorted(labelled, key=lambda one: -one.labels[0].bits)[:_TOP_DIMENSIONS]
    yield f"<h2>Layer {part.module}</h2>"
    if not best:
        yield "<p>No dimension has information about any factor above chance.</p>"
        return
    yield "<table><tr><th>dimension</th><th>factors, bits [95 % interval]</th><th>acoustic effect of +1</th></tr>"
    for one in best:
        factors = "; ".join(
            f"{each.factor} {format_interval((each.bits, each.low, each.high), digits=2)}"
            for each in one.labels[:_TOP_FACTORS]
        )
        significant = [each for each in one.effects if each.low > 0 or each.high < 0]
        effects = "; ".join(f"{each.measure} {each.change:+.3g} {each.unit}" for each in significant)
        cells = (str(one.dim), factors, effects or ("none significant" if one.effects else "not measured"))
        yield f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</table>"
