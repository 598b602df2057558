"""Markdown tables of the included model, from the report in its bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trainer import bundle

Rows = Sequence[Mapping[str, Any]]

DECODING_COLUMNS = {
    "log_mel_distance_db": "log-mel distance, dB",
    "stoi": "STOI",
    "pesq": "PESQ",
    "f0_correlation": "F0 correlation",
    "phone_retention": "phone retention",
}
"""The measures of `analyse decoders` that the documentation shows; the model card has all."""
SMOOTHNESS_COLUMNS = {
    "length_over_distance": "path length / distance (1: straight)",
    "largest_step": "largest step / mean step (1: even)",
    "same_way": "share of movement in the final direction (1: monotonic)",
}
_TRAVERSALS = {"mean -3 to +3 sd": "one dimension, mean ± 3 SD", "clip to clip": "between two recordings"}
_MODELS = {"demo (demo, spectral decoder)": "SIM", "gim (demo, spectral decoder)": "GIM"}
_PAPER_DECODER = re.compile(r"module (\d+) of paper \(.*\)")


def decoding_table() -> str:
    """Quality of decoded recordings: a row per set of recordings and sound."""
    rows = _report_rows("decoders")
    cells = {(row["data"], row["sound"], row["measure"]): row for row in rows}
    lines = []
    for data, sound in dict.fromkeys((row["data"], row["sound"]) for row in rows):
        found = [cells.get((data, sound, measure)) for measure in DECODING_COLUMNS]
        counts = [row["n"] for row in found if row is not None and row["measure"] != "phone_retention"]
        if any(counts):
            recordings = data.rpartition(", ")[0]  # without the split
            lines.append([recordings, _sound_name(sound), str(max(counts)), *map(_estimate, found)])
    return markdown_table(["recordings", "sound", "n", *DECODING_COLUMNS.values()], lines)


def smoothness_table() -> str:
    """Shape of the decoded sound's path: a row per layer, traversal and model, for traversals that every model has."""
    rows = [row for row in _report_rows("smoothness") if row["sound"] == "decoded"]
    cells = {(row["module"], row["walk"], row["bundle"], row["measure"]): row for row in rows}
    models = list(dict.fromkeys(row["bundle"] for row in rows))
    lines = []
    for module, traversal in dict.fromkeys((row["module"], row["walk"]) for row in rows):
        keys = {model: [(module, traversal, model, name) for name in SMOOTHNESS_COLUMNS] for model in models}
        if any(names[0] not in cells for names in keys.values()):
            continue
        for model, names in keys.items():
            estimates = [cells.get(name) for name in names]
            count = "" if estimates[0] is None else str(estimates[0]["n"])
            label = _TRAVERSALS.get(traversal, traversal)
            lines.append([str(module), label, _MODELS.get(model, model), count, *map(_estimate, estimates)])
    return markdown_table(["layer", "traversal", "model", "n", *SMOOTHNESS_COLUMNS.values()], lines)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, one line per row."""
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * len(head), *rows])


def _report_rows(key: str) -> Rows:
    report = bundle.read_report(bundle.DEMO)
    return (report.model_extra or {}).get(key, []) if report else []


def _sound_name(sound: str) -> str:
    if match := _PAPER_DECODER.fullmatch(sound):
        return f"layer {match[1]}, decoder of the SIM paper"
    return str(sound).replace("module", "layer")


def _estimate(row: Mapping[str, Any] | None) -> str:
    return f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]" if row else ""
