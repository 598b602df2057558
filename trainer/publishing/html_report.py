"""A bundle's report as one HTML file that needs no network: figures, tables, how it was measured and after whom."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

from plotly.offline import get_plotlyjs

from trainer import bundle
from trainer.bundle import BundleConfig, ModuleReport, Report
from trainer.figures.plotting import Figure
from trainer.figures.report import figures
from trainer.runtime.atomic_write import replacing

PRINTED = "report.html"
_TOP, _FACTORS = 12, 4  # dimensions of a module in its table, and factors of a dimension
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem }
th, td { text-align: left; padding: 0.25rem 0.75rem; border-bottom: 1px solid #ccc }
figure { margin: 2rem 0; height: 26rem }
"""
_METHODS = (
    "A dimension's bits about a factor: the dimension is cut into parts of equal size, the classes of the factor (a "
    "quantity cut into as many as 16) are counted in each on all groups but those held out, and the counts are held to "
    "those (predictive information, Xu et al. 2020, arXiv 2002.10689). Groups are speakers where there are eight or "
    "more, else recordings. A label is shown where it passes the correction of Benjamini and Hochberg (1995) for all "
    "dimensions and factors of its module at 5 %, by a t test over groups, and holds more than any dimension holds of "
    "shuffled classes. Intervals: 95 %, groups resampled.",
    "Bits of a module about a label: the label's entropy less a probe's cross-entropy on groups held out, a bound from "
    "below (Choi, Jung and Watanabe 2024, arXiv 2312.10019), of means over time; beside it log-mel spectrograms, the "
    "same network with fresh weights, and shuffled labels.",
    "Distance from N(0, I): of draws from the posteriors, frame by frame, with intervals that count frames for what "
    "they are worth by their autocorrelation. A certificate bounds the KL of two dimensions, standardised on other "
    "recordings and with noise of variance 0.1 added, by the noise's capacity less the information that comes through "
    "it (Butakov et al. 2024, arXiv 2410.06993), with 97.5 % confidence over recordings.",
    "The encoder is trained as Smooth InfoMax (Denoodt, de Boer and Oramas 2025, arXiv 2408.12936) is; what differs "
    "stands in config.json.",
)


def write_printed(path: Path, out: Path | None = None) -> Path:
    """Write the report of the bundle at `path`, to report.html in it unless told otherwise, and say where. Raises
    ValueError where nothing has been analysed.
    """
    report = bundle.read_report(path)
    if report is None:
        raise ValueError("the bundle has no report.json yet; run `python -m trainer analyse all` first")
    target = out or path / PRINTED
    with replacing(target) as stream:
        stream.write("\n".join(_page(bundle.read_config(path), report)).encode())
    return target


def _page(header: BundleConfig, report: Report) -> Iterator[str]:
    title = f"What {header.config.preset} has learned"
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
    yield f"<style>{_STYLE}</style><script>{get_plotlyjs()}</script></head><body><h1>{html.escape(title)}</h1>"
    yield from (_drawn(name, figure) for name, figure in figures(report).items())
    for part in report.modules:
        yield from _module(part)
    yield "<h2>How it was measured</h2>"
    yield from (f"<p>{html.escape(text)}</p>" for text in _METHODS)
    yield "</body></html>"


def _drawn(name: str, figure: Figure) -> str:
    # So that no name in a corpus can end the script
    text = json.dumps(figure).replace("<", "\\u003c")
    options = '{"responsive": true, "displaylogo": false}'
    return (
        f'<figure id="{name}"></figure><script>{{ const f = {text}; '
        f'Plotly.newPlot("{name}", f.data, f.layout, {options}); }}</script>'
    )


def _module(part: ModuleReport) -> Iterator[str]:
    """The dimensions that tell most of any factor."""
    told = sorted((one for one in part.dimensions if one.labels), key=lambda one: -one.labels[0].bits)[:_TOP]
    yield f"<h2>Module {part.module}</h2>"
    if not told:
        yield "<p>No dimension tells of a factor above chance.</p>"
        return
    yield "<table><tr><th>dimension</th><th>bits [95 % interval]</th><th>what +1 does to the sound</th></tr>"
    for one in told:
        most = one.labels[:_FACTORS]
        labels = "; ".join(f"{each.factor} {each.bits:.2f} [{each.low:.2f}, {each.high:.2f}]" for each in most)
        sure = [each for each in one.effects if each.low > 0 or each.high < 0]
        effects = "; ".join(f"{each.measure} {each.change:+.3g} {each.unit}" for each in sure)
        cells = (str(one.dim), labels, effects or ("nothing sure" if one.effects else "not measured"))
        yield f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</table>"
