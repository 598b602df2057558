"""Markdown tables of measured results, written into the pages of docs/results between their marks.

python -m benchmarks tables
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import scores
from benchmarks.shipped import decoding_table, markdown_table, smoothness_table
from benchmarks.syllables import LABELS, RESULTS
from benchmarks.trainings import ABLATIONS
from trainer.metrics.probing.pooling import MEAN, MEAN_SD, POOLINGS

CURVES, FINDINGS, LOAD, MISLABELLED = (
    RESULTS.parent / f"{name}.jsonl" for name in ("curves", "findings", "load", "mislabelled")
)
RESULT_PAGES = Path(__file__).parents[1] / "docs" / "results"
SIM_PLUS = "sim-plus"
_COMPARED_AT = 64
_ORDER = ("log-mel", "untrained", "sim", "gim", "cpc", "supervised", "untrained sim-plus", "sim-plus")


def accuracies(results: Path = RESULTS) -> str:
    """Probe accuracy on syllables and vowels per pooling: per cent, 95 % interval and the layer it was measured at."""
    lines = {(line["row"], line["label"], line["pooling"]): line for line in scores.table(scores.read(results))}
    columns = [(label, pooling) for label in LABELS for pooling in (MEAN, MEAN_SD)]
    rows = []
    for row in _ORDER:
        if (row, *columns[0]) in lines:
            cells = [_accuracy(lines[(row, *column)]) for column in columns]
            rows.append([row, _training(results, row), str(lines[(row, *columns[0])]["n"]), *cells])
    heads = [f"{label}s, {pooling}" for label, pooling in columns]
    return markdown_table(["model", "width; seeds; minutes", "n", *heads], rows)


def margins(results: Path = RESULTS) -> str:
    """Paired differences between sim-plus and its baselines."""
    rows = [
        [line["label"], line["pooling"], str(line["n"]), _accuracy(line)]
        + [_difference(line[name]) for name in ("over_log_mel", "over_untrained", "over_own_untrained")]
        for line in scores.table(scores.read(results))
        if line["row"] == SIM_PLUS
    ]
    heads = ["label", "pooling", "n", SIM_PLUS, "minus log-mel", "minus untrained", "minus untrained sim-plus"]
    return markdown_table(heads, rows)


def ablations(results: Path = RESULTS) -> str:
    """Syllable accuracy of sim-plus variants, compared with sim-plus after as many steps."""
    found = [one for one in scores.read(results) if one.label == "syllable"]
    lines = {(line["row"], line["pooling"]): line for line in scores.table(found)}
    references = {one.pooling: one for one in found if one.row == f"{SIM_PLUS} (half the steps)"}
    rows = []
    for name in ABLATIONS:
        variants = {one.pooling: one for one in found if one.row == f"{SIM_PLUS} ({name})"}
        if len(variants) < len(POOLINGS):
            continue
        runs = _details(results, f"{SIM_PLUS} ({name})").get("runs", [])
        cells = [name, ", ".join(str(run["seed"]) for run in runs), str(sum(variants[MEAN].of))]
        for pooling, variant in variants.items():
            difference = scores.over(variant, references.get(pooling))
            cells += [_accuracy(lines[variant.row, pooling]), _difference(difference)]
        rows.append(cells)
    heads = [cell for pooling in POOLINGS for cell in (f"syllables, {pooling}", "minus half the steps")]
    return markdown_table(["variant of sim-plus", "seeds", "n", *heads], rows)


def mislabelled(results: Path = MISLABELLED) -> str:
    """Vowels that two independent probes miss, and the highest accuracy that remains possible."""
    *_, summary = _json_lines(results)
    n, both, alone = summary["n"], summary["missed_by_both"], summary["missed_by_one"]
    cells = [str(n), str(both), *(str(both + count) for count in alone.values()), f"{100 * (n - both) / n:.2f}"]
    heads = ["n", "missed by both", *(f"missed by {name}" for name in alone), "highest possible accuracy, %"]
    return markdown_table(heads, [cells])


def latents(results: Path = RESULTS) -> str:
    """KL and active dimensions of every layer, and the interpolation contribution score of the deepest."""
    rows = []
    for row in _ORDER:
        found = _details(results, row).get("latents", [])
        used = [one for one in found if "active" in one]
        for module in sorted({one["module"] for one in used}):
            runs = [one for one in used if one["module"] == module]
            kl = [one["kl_per_frame"] for one in runs if one["kl_per_frame"] is not None]
            scored = [one["ics"] for one in found if "ics" in one and one["module"] == module]
            rows.append(
                [
                    row,
                    str(module),
                    f"{sum(kl) / len(kl):.1f}" if kl else "",
                    " / ".join(f"{one['active']} of {one['dims']}" for one in runs),
                    *(_relative(scored, kind) for kind in ("waveform", "log_mel")),
                ]
            )
    heads = [f"relative(k), {name}" for name in ("waveform", "log-mel")]
    return markdown_table(["model", "layer", "KL, nats per frame", "active dimensions, by seed", *heads], rows)


def load(results: Path = LOAD) -> str:
    """Response times while several people move sliders at once, as `python -m benchmarks load` measured them."""
    rows = []
    for line in _json_lines(results):
        sequential = line["people"] == 0
        times = [f"{line[f'{name}_ms']:.0f}" for name in ("median", "p95", "p99")]
        counts, memory = [""] * 4, ""
        who = "1, one request after another"
        if not sequential:
            counts = [str(line[name]) for name in ("refused", "failed", "wrong")] + [f"{line['livez_p99_ms']:.0f}"]
            memory = f"{line['first_mb']:.0f}, {line['last_mb']:.0f}"
            who = f"{line['people']}, for {line['seconds'] / 60:.0f} min"
        rows.append([who, str(line["n"]), f"{line['requests_per_second']:.0f}", *times, *counts, memory])
    heads = ["people", "answers", "answers per second", "median, ms", "p95, ms", "p99, ms", "refused", "failed"]
    return markdown_table([*heads, "wrong", "/livez p99, ms", "memory at start and end, MB"], rows)


def layer_curves(results: Path = CURVES) -> str:
    """Bounds on the information in each layer, margins, and concentration over dimensions."""
    found = list(_json_lines(results))
    lines = {(line["row"], line["layer"], line["label"], line["family"]): line for line in found}
    rows = []
    for row, layer in dict.fromkeys((line["row"], line["layer"]) for line in found):
        cells = [row if row == layer else f"{row}, {_layer_name(layer)}"]
        for label in LABELS:
            linear, hidden = (lines[row, layer, label, family] for family in ("linear", "one hidden layer"))
            bits = f"{linear['bits']:.2f} [{linear['low']:.2f}, {linear['high']:.2f}]"
            cells += [bits, f"{hidden['bits']:.2f}", f"{linear['margins'][1]:+.2f}"]
        concentration = lines[row, layer, LABELS[0], "concentration"]
        cells += [
            " / ".join(f"{spread:.3f}" for spread in concentration["weight_spread"]),
            " / ".join(map(str, concentration["dims_to_90"])) + f" of {concentration['dims']}",
            str(linear["n"]),
        ]
        rows.append(cells)
    heads = [head for label in LABELS for head in (f"{label}, bits", "one hidden layer, bits", "median margin, SD")]
    return markdown_table(
        ["model, layer", *heads, "weight spread, by seed", "dimensions for 90 % of the bits, by seed", "n"], rows
    )


def ensembles(results: Path = FINDINGS) -> str:
    """Similarity of dimensions across seeds, for ensembles with several weights of the KL."""
    rows = []
    for line in _json_lines(results):
        if line["found"] != "ensemble":
            continue
        beta = line["name"].partition("beta-")[2].partition("-")[0] or "0.002"
        nmi = "{:.2f} [{:.2f}, {:.2f}]".format(*line["match"])
        counts = [str(line["channels"]), str(line["dropped"]), str(len(line["hot_spots"]))]
        module = ", ".join(map(str, line["modules"]))
        rows.append([module, beta, str(line["members"]), *counts, f"{line['bits_a_channel']:.2f}", nmi])
    heads = ["layer", "beta", "members", "active dimensions", "inactive", "hot spots", "bits per dimension"]
    return markdown_table([*heads, "NMI with the best match in another seed"], sorted(rows))


def sweep(results: Path = FINDINGS) -> str:
    """Information about phones and distance to the prior, for several weights of the KL and noise variances."""
    rows = []
    for line in _json_lines(results):
        if line["found"] == "sweep":
            distance = " / ".join(f"{value:.2f}" for value in line["sliced_wasserstein"])
            certified = " / ".join(f"{value:.2f}" for value in line["certified_kl"])
            bits = " / ".join("{:.2f} [{:.2f}, {:.2f}]".format(*value) for value in line["bits"])
            setting = "beta" if line["road"] == "beta" else "noise variance"
            rows.append([str(line["module"]), f"{setting} {line['value']:g}", bits, distance, certified])
    heads = ["layer", "setting", "bits about the phone, by seed", "sliced Wasserstein distance, by seed"]
    return markdown_table([*heads, "certified KL of a block, nats, by seed"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "accuracies": accuracies,
    "margins": margins,
    "mislabelled": mislabelled,
    "ablations": ablations,
    "latents": latents,
    "layer-curves": layer_curves,
    "ensembles": ensembles,
    "sweep": sweep,
    "decoding": decoding_table,
    "smoothness": smoothness_table,
    "load": load,
}


def filled(text: str) -> str:
    """`text` with each table written between its marks, in place of the previous content."""
    for name, make in TABLES.items():
        opening, closing = f"<!-- table: {name} -->\n", "<!-- end of table -->"
        before, mark, rest = text.partition(opening)
        if mark:
            text = f"{before}{opening}\n{make()}\n{closing}{rest.partition(closing)[2]}"
    return text


def write() -> None:
    """Update the tables in every page of docs/results."""
    for page in sorted(RESULT_PAGES.glob("*.md")):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def _layer_name(name: str) -> str:
    return name.replace("module", "layer")


def _accuracy(line: dict[str, Any]) -> str:
    low, high = 100 * line["low"], 100 * line["high"]
    layer = "" if line["representation"] == line["row"] else f" ({line['representation'].replace('module ', '')})"
    return f"{100 * line['accuracy']:.1f} [{low:.1f}, {high:.1f}]{layer}"


def _relative(scored: Sequence[dict[str, Any]], kind: str) -> str:
    """relative(k) for every k, with an interval at the k for which the paper reports a value."""
    cells = []
    for one in scored:
        found, k = one[kind], one["swapped"]
        interval = f" [{found['low']:.3f}, {found['high']:.3f}], n {found['n']}" if k == _COMPARED_AT else ""
        cells.append(f"{k}: {found['mean']:.3f}{interval}")
    return "; ".join(cells)


def _difference(estimate: Sequence[float] | None) -> str:
    if estimate is None:
        return ""
    mean, low, high = (100 * value for value in estimate)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _training(results: Path, row: str) -> str:
    runs = _details(results, row).get("runs", [])
    if not runs:
        return ""
    widths = "/".join(map(str, dict.fromkeys(runs[0]["hidden"])))
    minutes = ", ".join(f"{run['seconds'] / 60:.1f}" for run in runs)
    return f"{widths}; {len(runs)}; {minutes}"


def _details(results: Path, row: str) -> dict[str, Any]:
    """Details of the trainings in a results file, stored with the scores."""
    file = results / f"{row}.json"
    details: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["beside"] if file.exists() else {}
    return details
