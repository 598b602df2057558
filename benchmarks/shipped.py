"""README's tables of the shipped model, made from the report that lies in its bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trainer import bundle
from trainer.evaluation.decoding.decoders import DECODERS_KEY, RETENTION
from trainer.evaluation.decoding.smoothness import DECODED, SMOOTHNESS_KEY, TITLES
from trainer.evaluation.text_table import show

COLUMNS = {
    "log_mel_distance_db": "log-mel distance, dB",
    "stoi": "STOI",
    "pesq": "PESQ",
    "f0_correlation": "F0 correlation",
    RETENTION: "phone retention",
}
"""Of all that `analyse decoders` measures, what README has room for; the model card has the rest."""


def kept() -> str:
    """What decoded clips keep: for each set of recordings a line a sound, with the number of clips."""
    rows = _rows(DECODERS_KEY)
    cells = {(row["data"], row["sound"], row["measure"]): row for row in rows}
    lines = []
    for data, sound in dict.fromkeys((row["data"], row["sound"]) for row in rows):
        found = [cells.get((data, sound, measure)) for measure in COLUMNS]
        clips = max((row["n"] for row in found if row is not None and row["measure"] != RETENTION), default=0)
        if clips:
            lines.append([data, sound, str(clips), *map(_figure, found)])
    return _table(["recordings", "sound", "n", *COLUMNS.values()], lines)


def smooth() -> str:
    """How the decoded sound follows the latents along the walks that every model takes: a line a module, walk and
    model.
    """
    rows = [row for row in _rows(SMOOTHNESS_KEY) if row["sound"] == DECODED]
    cells = {(row["module"], row["walk"], row["bundle"], row["measure"]): row for row in rows}
    models = list(dict.fromkeys(row["bundle"] for row in rows))
    lines = []
    for module, walk in dict.fromkeys((row["module"], row["walk"]) for row in rows):
        found = {model: [cells.get((module, walk, model, measure)) for measure in TITLES] for model in models}
        if all(figures[0] for figures in found.values()):
            lines += [
                [str(module), walk, model, str(figures[0]["n"]), *map(_figure, figures)]
                for model, figures in found.items()
                if figures[0]
            ]
    return _table(["module", "walk", "model", "n", *TITLES.values()], lines)


def _rows(key: str) -> Sequence[Mapping[str, Any]]:
    report = bundle.read_report(bundle.DEMO)
    return (report.model_extra or {}).get(key, []) if report else []


def _figure(row: Mapping[str, Any] | None) -> str:
    return show((row["mean"], row["low"], row["high"])) if row else ""


def _table(heads: list[str], lines: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in [heads, ["---"] * len(heads), *lines])
