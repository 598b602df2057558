"""The tables of README, made from the results that are kept, and put between the marks that name them.

python -m benchmarks tables
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import scores, shipped
from benchmarks.syllables import LABELS, RESULTS
from benchmarks.trainings import ABLATIONS
from trainer.metrics.probing.pooling import MEAN, MEAN_SD, POOLINGS

CURVES, LOAD, MISNAMED = (RESULTS.parent / f"{name}.jsonl" for name in ("curves", "load", "misnamed"))
README = Path(__file__).parents[1] / "README.md"
SIM_PLUS = "sim-plus"
_COMPARED_AT = 64
_ORDER = ("log-mel", "untrained", "sim", "gim", "cpc", "supervised", "untrained sim-plus", "sim-plus")


def accuracies(results: Path = RESULTS) -> str:
    """Syllables and vowels, with each pooling: per cent, 95 % interval, and the representation it is of."""
    lines = {(line["row"], line["label"], line["pooling"]): line for line in scores.table(scores.read(results))}
    columns = [(label, pooling) for label in LABELS for pooling in (MEAN, MEAN_SD)]
    rows = []
    for row in _ORDER:
        if (row, *columns[0]) in lines:
            cells = [_accuracy(lines[(row, *column)]) for column in columns]
            rows.append([row, _trained(results, row), str(lines[(row, *columns[0])]["n"]), *cells])
    heads = [f"{label}s, {pooling}" for label, pooling in columns]
    return _table(["", "width, seeds, minutes", "n", *heads], rows)


def margins(results: Path = RESULTS) -> str:
    """How far sim-plus is above what it is held against."""
    rows = [
        [line["label"], line["pooling"], str(line["n"]), _accuracy(line)]
        + [_difference(line[over]) for over in ("over_log_mel", "over_untrained", "over_own_untrained")]
        for line in scores.table(scores.read(results))
        if line["row"] == SIM_PLUS
    ]
    heads = ["", "pooling", "n", SIM_PLUS, "over log-mel", "over untrained", "over itself untrained"]
    return _table(heads, rows)


def ablations(results: Path = RESULTS) -> str:
    """What each lead of sim-plus is worth for syllables: without it, beside sim-plus of as many steps."""
    found = [one for one in scores.read(results) if one.label == "syllable"]
    lines = {(line["row"], line["pooling"]): line for line in scores.table(found)}
    wholes = {one.pooling: one for one in found if one.row == f"{SIM_PLUS} (half the steps)"}
    rows = []
    for name in ABLATIONS:
        of_row = {one.pooling: one for one in found if one.row == f"{SIM_PLUS} ({name})"}
        if len(of_row) < len(POOLINGS):
            continue
        runs = _beside(results, f"{SIM_PLUS} ({name})").get("runs", [])
        cells = [name, ", ".join(str(run["seed"]) for run in runs), str(sum(of_row[MEAN].of))]
        for pooling, one in of_row.items():
            whole = wholes.get(pooling)
            cells += [_accuracy(lines[one.row, pooling]), _difference(scores.over(one, whole))]
        rows.append(cells)
    heads = [cell for pooling in POOLINGS for cell in (f"syllables, {pooling}", "over half the steps")]
    return _table(["sim-plus with", "seeds", "n", *heads], rows)


def misnamed(results: Path = MISNAMED) -> str:
    """How many vowels nobody can tell by the name of their file, and so the most that an accuracy can be."""
    *_, told = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    n, both, alone = told["n"], told["missed_by_both"], told["missed_by_one"]
    cells = [str(n), str(both), *(str(both + count) for count in alone.values()), f"{100 * (n - both) / n:.2f}"]
    return _table(["n", "missed by both", *(f"missed by {name}" for name in alone), "at most, %"], [cells])


def latents(results: Path = RESULTS) -> str:
    """KL and active dimensions of every module, and ICS at the deepest."""
    rows = []
    for row in _ORDER:
        found = _beside(results, row).get("latents", [])
        used = [one for one in found if "active" in one]
        for module in sorted({one["module"] for one in used}):
            of_module = [one for one in used if one["module"] == module]
            kl = [one["kl_per_frame"] for one in of_module if one["kl_per_frame"] is not None]
            scored = [one["ics"] for one in found if "ics" in one and one["module"] == module]
            rows.append(
                [
                    row,
                    str(module),
                    f"{sum(kl) / len(kl):.1f}" if kl else "",
                    " / ".join(f"{one['active']} of {one['dims']}" for one in of_module),
                    *(_relative(scored, kind) for kind in ("waveform", "log_mel")),
                ]
            )
    heads = [f"relative(k), {name}" for name in ("waveform", "log-mel")]
    return _table(["", "module", "KL, nats a frame", "active, by seed", *heads], rows)


def load(results: Path = LOAD) -> str:
    """People who move sliders at once, as `python -m benchmarks load` told of them."""
    rows = []
    for line in map(json.loads, results.read_text(encoding="utf-8").splitlines()):
        alone = line["people"] == 0
        times = [f"{line[f'{name}_ms']:.0f}" for name in ("median", "p95", "p99")]
        counts = (
            [""] * 4
            if alone
            else [str(line[name]) for name in ("refused", "failed", "wrong")] + [f"{line['livez_p99_ms']:.0f}"]
        )
        memory = "" if alone else f"{line['first_mb']:.0f}, {line['last_mb']:.0f}"
        who = line["what"] if alone else f"{line['people']}, for {line['seconds'] / 60:.0f} min"
        rows.append([who, str(line["n"]), f"{line['requests_per_second']:.0f}", *times, *counts, memory])
    heads = ["people", "answers", "a second", "median, ms", "p95", "p99", "refused", "failed", "wrong"]
    return _table([*heads, "/livez p99, ms", "memory at first and last, MB"], rows)


def layer_curves(results: Path = CURVES) -> str:
    """What linear probes prove in each layer, how far apart its classes lie, and in how few dimensions."""
    found = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    lines = {(line["row"], line["layer"], line["label"], line["family"]): line for line in found}
    rows = []
    for row, layer in dict.fromkeys((line["row"], line["layer"]) for line in found):
        cells = [row if row == layer else f"{row}, {layer}"]
        for label in LABELS:
            linear, hidden = (lines[row, layer, label, family] for family in ("linear", "one hidden layer"))
            cells += [_bits(linear), f"{hidden['bits']:.2f}", f"{linear['margins'][1]:+.2f}"]
        few = lines[row, layer, LABELS[0], "concentration"]
        cells += [
            " / ".join(f"{spread:.3f}" for spread in few["weight_spread"]),
            " / ".join(map(str, few["dims_to_90"])) + f" of {few['dims']}",
            str(linear["n"]),
        ]
        rows.append(cells)
    heads = [head for label in LABELS for head in (f"{label}, bits", "one hidden layer", "median margin")]
    return _table(["", *heads, "spread of weights, by seed", "dimensions to 90 %", "n"], rows)


def _bits(line: dict[str, Any]) -> str:
    return f"{line['bits']:.2f} [{line['low']:.2f}, {line['high']:.2f}]"


TABLES: dict[str, Callable[[], str]] = {
    "accuracies": accuracies,
    "margins": margins,
    "misnamed": misnamed,
    "ablations": ablations,
    "latents": latents,
    "curves": layer_curves,
    "kept": shipped.kept,
    "smooth": shipped.smooth,
    "load": load,
}


def filled(text: str) -> str:
    """`text` with each table in place of what stood between its marks."""
    for name, make in TABLES.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, mark, rest = text.partition(opening)
        if mark:
            text = f"{before}{opening}\n{make()}\n{closing}{rest.partition(closing)[2]}"
    return text


def write() -> None:
    """Bring README's tables up to date."""
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")


def _accuracy(line: dict[str, Any]) -> str:
    low, high = 100 * line["low"], 100 * line["high"]
    module = "" if line["representation"] == line["row"] else f" ({line['representation'].replace('module ', '')})"
    return f"{100 * line['accuracy']:.1f} [{low:.1f}, {high:.1f}]{module}"


def _relative(scored: Sequence[dict[str, Any]], kind: str) -> str:
    """relative(k) of every k, of one with its interval: the one the paper's figure is compared at."""
    cells = []
    for one in scored:
        found, k = one[kind], one["swapped"]
        interval = f" [{found['low']:.3f}, {found['high']:.3f}], n {found['n']}" if k == _COMPARED_AT else ""
        cells.append(f"{k}: {found['mean']:.3f}{interval}")
    return "; ".join(cells)


def _difference(over: Sequence[float] | None) -> str:
    if over is None:
        return ""
    mean, low, high = (100 * value for value in over)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _trained(results: Path, row: str) -> str:
    runs = _beside(results, row).get("runs", [])
    if not runs:
        return ""
    widths = "/".join(map(str, dict.fromkeys(runs[0]["hidden"])))
    minutes = ", ".join(f"{run['seconds'] / 60:.1f}" for run in runs)
    return f"{widths}; {len(runs)}; {minutes}"


def _beside(results: Path, row: str) -> dict[str, Any]:
    file = results / f"{row}.json"
    beside: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["beside"] if file.exists() else {}
    return beside


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
